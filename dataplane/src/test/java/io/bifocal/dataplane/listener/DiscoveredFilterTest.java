package io.bifocal.dataplane.listener;

import static io.bifocal.dataplane.listener.ListenerFixture.connect;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.StringValue;
import io.bifocal.dataplane.listener.ListenerFixture.Client;
import io.bifocal.xds.Resource;
import io.bifocal.xds.ResourceType;
import io.envoyproxy.envoy.config.core.v3.ExtensionConfigSource;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A network filter whose configuration comes from ECDS. */
@Timeout(30)
class DiscoveredFilterTest {
  private static final String TYPE = "type.googleapis.com/google.protobuf.StringValue";

  private final ListenerFixture proxy = new ListenerFixture().started();

  @AfterEach
  void close() {
    proxy.close();
  }

  private static Listener listener(ExtensionConfigSource.Builder source) {
    return Listener.newBuilder()
        .setName("l")
        .setAddress(ListenerFixture.ip("127.0.0.1", 0))
        .addFilterChains(
            FilterChain.newBuilder()
                .addFilters(Filter.newBuilder().setName("ext").setConfigDiscovery(source)))
        .build();
  }

  private static ExtensionConfigSource.Builder source() {
    return ExtensionConfigSource.newBuilder()
        .setConfigSource(ListenerFixture.LDS)
        .addTypeUrls(TYPE);
  }

  private void push(Listener... listeners) {
    proxy.xds.respond(ResourceType.LISTENER, "1", listeners);
    proxy.pump();
  }

  private void discover(String version, Any config) {
    proxy.xds.respond(
        ResourceType.EXTENSION_CONFIG,
        version,
        TypedExtensionConfig.newBuilder().setName("ext").setTypedConfig(config).build());
    proxy.pump();
  }

  private static Any text(String text) {
    return Any.pack(StringValue.of(text));
  }

  @Test
  void theListenerWarmsUntilThereIsAConfiguration() throws Exception {
    push(listener(source()));
    assertThat(proxy.xds.names(ResourceType.EXTENSION_CONFIG)).containsExactly("ext");
    assertThat(proxy.gauge("listener_manager.total_listeners_warming")).isEqualTo(1);

    discover("1", text("one"));
    assertThat(proxy.gauge("listener_manager.total_listeners_active")).isEqualTo(1);
    try (Client client = connect(proxy.port("l"))) {
      assertThat(client.line()).isEqualTo("one");
    }
  }

  @Test
  void aChangeIsForNewConnectionsAndNothingDrains() throws Exception {
    push(listener(source()));
    discover("1", text("one"));
    Client old = connect(proxy.port("l"));
    assertThat(old.line()).isEqualTo("one");

    discover("2", text("two"));
    try (Client client = connect(proxy.port("l"))) {
      assertThat(client.line()).isEqualTo("two");
    }
    assertThat(old.echo("still here")).isEqualTo("still here");
    assertThat(proxy.drained).isEmpty();
    assertThat(proxy.closed).isEmpty();
    assertThat(proxy.gauge("listener_manager.total_filter_chains_draining")).isZero();
    assertThat(proxy.counter("extension_config_discovery.network_filter.ext.config_reload"))
        .isEqualTo(2);

    old.close();
    proxy.until(() -> proxy.closed.contains("one"));
  }

  @Test
  void withoutAConfigurationConnectionsAreClosed() throws Exception {
    push(listener(source()));
    proxy.xds.timeOut(ResourceType.EXTENSION_CONFIG, "ext");
    proxy.pump();
    try (Client client = connect(proxy.port("l"))) {
      assertThat(client.ended()).isTrue();
    }
    String stat = "listener.127.0.0.1_0.network_extension_config_missing";
    proxy.until(() -> proxy.counter(stat) == 1);
    assertThat(proxy.counter("extension_config_discovery.network_filter.ext.config_fail"))
        .isEqualTo(1);
  }

  @Test
  void theDefaultHoldsWhileThereIsNothingElse() throws Exception {
    push(
        listener(
            source().setDefaultConfig(text("default")).setApplyDefaultConfigWithoutWarming(true)));
    try (Client client = connect(proxy.port("l"))) {
      assertThat(client.line()).isEqualTo("default");
    }
    discover("1", text("one"));
    try (Client client = connect(proxy.port("l"))) {
      assertThat(client.line()).isEqualTo("one");
    }
    proxy.xds.respondDelta(
        ResourceType.EXTENSION_CONFIG,
        "2",
        List.<Resource<TypedExtensionConfig>>of(),
        List.of("ext"));
    proxy.pump();
    try (Client client = connect(proxy.port("l"))) {
      assertThat(client.line()).isEqualTo("default");
    }
  }

  @Test
  void whatIsRefusedLeavesNothingBehind() throws Exception {
    push(listener(source()));
    discover("1", text("one"));
    proxy.xds.newRequests();
    discover("2", Any.pack(ListenerFixture.LDS));
    assertThat(proxy.xds.newRequests())
        .containsExactly(
            "ECDS[ext] v1 error: Error: filter config has type URL envoy.config.core.v3.ConfigSource"
                + " but expect google.protobuf.StringValue.");
    push();
    proxy.until(() -> proxy.closed.contains("one"));
    assertThat(proxy.xds.open(ResourceType.EXTENSION_CONFIG)).isZero();
  }

  @Test
  void aTypeThatIsNotThereIsRefusedWithTheListener() {
    push(
        listener(
            ExtensionConfigSource.newBuilder()
                .setConfigSource(ListenerFixture.LDS)
                .addTypeUrls("type.googleapis.com/no.such.Type")));
    assertThat(proxy.xds.requests().toString())
        .contains("Error: no factory found for a required type URL no.such.Type.");
  }

  @Test
  void whoWantsTheSameSharesOneSubscription() {
    push(
        listener(source()).toBuilder()
            .setDefaultFilterChain(
                FilterChain.newBuilder()
                    .addFilters(Filter.newBuilder().setName("ext").setConfigDiscovery(source())))
            .build());
    assertThat(proxy.xds.open(ResourceType.EXTENSION_CONFIG)).isEqualTo(1);
    discover("1", text("one"));
    assertThat(proxy.manager.discovery().dump().getEcdsFiltersList())
        .singleElement()
        .satisfies(
            filter -> {
              assertThat(filter.getVersionInfo()).isEqualTo("1");
              assertThat(filter.getEcdsFilter().is(TypedExtensionConfig.class)).isTrue();
            });
  }
}
