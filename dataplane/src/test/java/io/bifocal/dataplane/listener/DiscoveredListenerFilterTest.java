package io.bifocal.dataplane.listener;

import static io.bifocal.dataplane.listener.ListenerFixture.chain;
import static io.bifocal.dataplane.listener.ListenerFixture.connect;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import io.bifocal.dataplane.listener.ListenerFixture.Client;
import io.bifocal.xds.ResourceType;
import io.envoyproxy.envoy.config.core.v3.ExtensionConfigSource;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.listener.v3.ListenerFilter;
import io.envoyproxy.envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol;
import io.envoyproxy.envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A listener filter whose configuration comes from ECDS. */
@Timeout(30)
class DiscoveredListenerFilterTest {
  private static final ProxyProtocol LENIENT =
      ProxyProtocol.newBuilder().setAllowRequestsWithoutProxyProtocol(true).build();

  private final ListenerFixture proxy = new ListenerFixture().started();

  @AfterEach
  void close() {
    proxy.close();
  }

  private static ExtensionConfigSource.Builder source(Message... types) {
    ExtensionConfigSource.Builder source =
        ExtensionConfigSource.newBuilder().setConfigSource(ListenerFixture.LDS);
    for (Message type : types) {
      source.addTypeUrls(Any.pack(type).getTypeUrl());
    }
    return source;
  }

  private static Listener listener(ExtensionConfigSource.Builder source) {
    return Listener.newBuilder()
        .setName("l")
        .setStatPrefix("l")
        .setAddress(ListenerFixture.ip("127.0.0.1", 0))
        .addListenerFilters(ListenerFilter.newBuilder().setName("ext").setConfigDiscovery(source))
        .addFilterChains(chain("hello"))
        .build();
  }

  private void push(Listener... listeners) {
    proxy.xds.respond(ResourceType.LISTENER, "1", listeners);
    proxy.pump();
  }

  private void discover(String version, Message config) {
    proxy.xds.respond(
        ResourceType.EXTENSION_CONFIG,
        version,
        TypedExtensionConfig.newBuilder().setName("ext").setTypedConfig(Any.pack(config)).build());
    proxy.pump();
  }

  private boolean takesAnybody() throws IOException {
    try (Client client = connect(proxy.port("l"))) {
      client.socket.getOutputStream().write("anything\n".getBytes(StandardCharsets.UTF_8));
      return !client.ended();
    }
  }

  @Test
  void theListenerWarmsUntilThereIsAConfigurationWhichCanChange() throws Exception {
    push(listener(source(LENIENT)));
    assertThat(proxy.gauge("listener_manager.total_listeners_warming")).isEqualTo(1);
    discover("1", LENIENT);
    assertThat(takesAnybody()).isTrue();
    discover("2", ProxyProtocol.getDefaultInstance());
    assertThat(takesAnybody()).isFalse();
    assertThat(proxy.counter("extension_config_discovery.tcp_listener_filter.ext.config_reload"))
        .isEqualTo(2);
    push();
    assertThat(proxy.xds.open(ResourceType.EXTENSION_CONFIG)).isZero();
  }

  @Test
  void withoutAConfigurationConnectionsAreClosed() throws Exception {
    push(listener(source(LENIENT)));
    proxy.xds.timeOut(ResourceType.EXTENSION_CONFIG, "ext");
    proxy.pump();
    assertThat(takesAnybody()).isFalse();
    proxy.until(() -> proxy.counter("listener.l.extension_config_missing") == 1);
    discover("1", LENIENT);
    assertThat(takesAnybody()).isTrue();
  }

  @Test
  void theDefaultHoldsWhileThereIsNothingElse() throws Exception {
    push(
        listener(
            source(LENIENT)
                .setDefaultConfig(Any.pack(LENIENT))
                .setApplyDefaultConfigWithoutWarming(true)));
    assertThat(takesAnybody()).isTrue();
  }

  @Test
  void whatCannotBeIsRefusedInEnvoysWordsAndLeavesNothing() {
    push(listener(source(ListenerFixture.LDS)));
    push(listener(source(LENIENT).setApplyDefaultConfigWithoutWarming(true)));
    push(listener(source(LENIENT).setDefaultConfig(Any.pack(TlsInspector.getDefaultInstance()))));
    assertThat(proxy.xds.requests().toString())
        .contains(
            "Error: no listener factory found for a required type URL"
                + " envoy.config.core.v3.ConfigSource.")
        .contains(
            "Error: listener filter config ext applied without warming but has no default config.")
        .contains(
            "Error: filter config has type URL"
                + " envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector but expect"
                + " envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol.");
    push(listener(source(LENIENT)).toBuilder().clearFilterChains().build());
    assertThat(proxy.xds.open(ResourceType.EXTENSION_CONFIG)).isZero();
  }
}
