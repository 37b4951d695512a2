package io.bifocal.conformance.envoy;

import static io.bifocal.conformance.envoy.Recital.assertSame;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import com.google.protobuf.UInt32Value;
import io.bifocal.conformance.Bootstraps;
import io.bifocal.conformance.Bootstraps.Dialect;
import io.bifocal.conformance.LongRun;
import io.bifocal.conformance.Plays;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.testing.Named;
import io.envoyproxy.envoy.config.core.v3.ExtensionConfigSource;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.listener.v3.ListenerFilter;
import io.envoyproxy.envoy.extensions.filters.http.buffer.v3.Buffer;
import io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.HeaderMutation;
import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Filters whose configurations are discovered: late, changed, bad, missing, removed. Envoy does the
 * same in the same run.
 */
@LongRun
class ExtensionsBesideEnvoyTest {
  private static final String STATS =
      "extension_config_discovery\\..*(?<!update_time|update_duration)"
          + "|listener_manager\\.(listener_(added|modified|removed)|total_.*)"
          + "|listener\\..*\\.(network_)?extension_config_missing";

  @RegisterExtension final Stage stage = new Stage();

  private static <T extends Message> T text(Class<T> type, String text) {
    try {
      return TextFormat.parse(text, type);
    } catch (TextFormat.ParseException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private static ExtensionConfigSource source(Message type, String patience) {
    return text(
        ExtensionConfigSource.class,
        "config_source { ads {} resource_api_version: V3 initial_fetch_timeout { seconds: %s } }"
                .formatted(patience)
            + " type_urls: 'type.googleapis.com/%s'"
                .formatted(type.getDescriptorForType().getFullName()));
  }

  private static HttpConnectionManager manager(String patience) {
    return text(
            HttpConnectionManager.class,
            "stat_prefix: 'p' route_config { name: 'r' virtual_hosts { name: 'v' domains: '*' routes {"
                + " match { prefix: '/' } direct_response { status: 200 } } } }")
        .toBuilder()
        .addHttpFilters(
            HttpFilter.newBuilder()
                .setName("ext")
                .setConfigDiscovery(source(HeaderMutation.getDefaultInstance(), patience)))
        .addHttpFilters(
            HttpFilter.newBuilder()
                .setName("router")
                .setTypedConfig(Any.pack(Router.getDefaultInstance())))
        .build();
  }

  private static Named listener(String name, Filter.Builder filter) {
    Listener listener =
        text(
                Listener.class,
                "address { socket_address { address: '127.0.0.1' port_value: 0 } } stat_prefix: 's'")
            .toBuilder()
            .setName(name)
            .addFilterChains(FilterChain.newBuilder().addFilters(filter))
            .build();
    return Named.of(ResourceType.LISTENER, listener);
  }

  private static Named http(String name, String patience) {
    return listener(
        name, Filter.newBuilder().setName("hcm").setTypedConfig(Any.pack(manager(patience))));
  }

  private static Named network(String name, String patience) {
    return listener(
        name,
        Filter.newBuilder()
            .setName("net")
            .setConfigDiscovery(source(HttpConnectionManager.getDefaultInstance(), patience)));
  }

  private static Named looking(String name, String patience) {
    ListenerFilter filter =
        ListenerFilter.newBuilder()
            .setName("look")
            .setConfigDiscovery(source(ProxyProtocol.getDefaultInstance(), patience))
            .build();
    Listener plain =
        text(
            Listener.class,
            "address { socket_address { address: '127.0.0.1' port_value: 0 } } stat_prefix: 's'");
    return Named.of(
        ResourceType.LISTENER,
        plain.toBuilder()
            .setName(name)
            .addListenerFilters(filter)
            .addFilterChains(
                FilterChain.newBuilder()
                    .addFilters(
                        Filter.newBuilder().setName("hcm").setTypedConfig(Any.pack(plain()))))
            .build());
  }

  private static Named config(String name, Message config) {
    return config(name, name, config);
  }

  private static Named config(String asked, String name, Message config) {
    return new Named(
        asked,
        Any.pack(
            TypedExtensionConfig.newBuilder()
                .setName(name)
                .setTypedConfig(Any.pack(config))
                .build()));
  }

  private static Message adds(String value) {
    return text(
        HeaderMutation.class,
        "mutations { response_mutations { append { header { key: 'x-ext' value: '%s' } } } }"
            .formatted(value));
  }

  private static Message plain() {
    return manager("1").toBuilder().removeHttpFilters(0).build();
  }

  private Recital start(Subject subject, Dialect dialect) {
    Recital recital = new Recital(stage, subject, dialect, port -> Bootstraps.ads(port, dialect));
    recital.server().awaitSubscription(ResourceType.CLUSTER);
    recital.push(ResourceType.CLUSTER, "1");
    recital.server().awaitSubscription(ResourceType.LISTENER);
    return recital;
  }

  private Recording play(Subject subject, Dialect dialect) {
    ResourceType<TypedExtensionConfig> ecds = ResourceType.EXTENSION_CONFIG;
    Recital recital = start(subject, dialect);
    recital
        .push(ResourceType.LISTENER, "1", http("l1", "60"))
        .quiet()
        .ready()
        .stats(STATS)
        .note("a listener whose filter is late");
    recital.push(ecds, "1", config("ext", adds("1")));
    recital.proxy().awaitLive();
    recital.get("l1", "/", "x-ext").extensions().stats(STATS).note("the filter's configuration");
    recital.push(ecds, "2", config("ext", adds("2"))).quiet();
    recital.get("l1", "/", "x-ext").extensions().stats(STATS).note("another one");
    recital
        .push(
            ecds,
            "3",
            config("ext", Buffer.newBuilder().setMaxRequestBytes(UInt32Value.of(1)).build()))
        .quiet()
        .get("l1", "/", "x-ext")
        .stats(STATS)
        .note(
            "one of another type",
            "Error: filter config has type URL envoy.extensions.filters.http.buffer.v3.Buffer but"
                + " expect envoy.extensions.filters.http.header_mutation.v3.HeaderMutation.");
    recital
        .push(ecds, "4", config("ext", "stranger", adds("4")))
        .quiet()
        .get("l1", "/", "x-ext")
        .note(
            "one under another name",
            "Unexpected resource name in ExtensionConfigDS response: stranger");
    recital
        .push(ResourceType.LISTENER, "2", http("l1", "60"), http("l2", "60"))
        .quiet()
        .stats("listener_manager\\.(listener_(added|modified)|total_listeners_.*)")
        .note("another listener with the same filter");
    recital.push(ecds, "6", config("ext", adds("6"))).quiet();
    recital.get("l1", "/", "x-ext").get("l2", "/", "x-ext").note("a change for both");
    recital
        .push(ecds, "7", config("ext", adds("%NOPE%")))
        .quiet()
        .get("l1", "/", "x-ext")
        .note("one that cannot be", "Not supported field in StreamInfo: NOPE");
    if (dialect == Dialect.DELTA) {
      String nonce = recital.server().nextNonce();
      recital
          .server()
          .send(
              DeltaDiscoveryResponse.newBuilder()
                  .setTypeUrl(ecds.typeUrl())
                  .setNonce(nonce)
                  .setSystemVersionInfo("8")
                  .addRemovedResources("ext")
                  .build());
      recital.answered(nonce).quiet().get("l1", "/", "x-ext").extensions().note("it is removed");
    }
    return recital.recording(Path.of("target", "recordings", "extensions-" + subject + dialect));
  }

  @Execution(CONCURRENT)
  @ParameterizedTest
  @EnumSource(Dialect.class)
  void httpFiltersAreDiscoveredAsEnvoyDiscoversThem(Dialect dialect) throws Exception {
    try (Plays<Subject, Recording> both = Plays.sideBySide(subject -> play(subject, dialect))) {
      Recording envoy = both.of(Subject.ENVOY);
      assertThat(envoy.steps().get("another one")).contains("GET /: 200 x-ext: 2");
      assertSame(envoy, both.of(Subject.BIFOCAL));
    }
  }

  private Recording looks(Subject subject, Dialect dialect) {
    ResourceType<TypedExtensionConfig> ecds = ResourceType.EXTENSION_CONFIG;
    Recital recital = start(subject, dialect);
    recital.push(ResourceType.LISTENER, "1", looking("l1", "1"));
    recital.proxy().awaitLive();
    recital.get("l1", "/").extensions().stats(STATS).note("it did not come in time");
    recital.push(
        ecds,
        "1",
        config(
            "look", ProxyProtocol.newBuilder().setAllowRequestsWithoutProxyProtocol(true).build()));
    recital.quiet().get("l1", "/").extensions().stats(STATS).note("it comes late");
    recital
        .push(ecds, "2", config("look", Buffer.getDefaultInstance()))
        .quiet()
        .get("l1", "/")
        .stats(STATS)
        .note(
            "one of another type",
            "Error: filter config has type URL envoy.extensions.filters.http.buffer.v3.Buffer but"
                + " expect envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol.");
    recital.push(ecds, "3", config("look", ProxyProtocol.getDefaultInstance()));
    recital.quiet().get("l1", "/").stats(STATS).note("one that is stricter");
    return recital.recording(Path.of("target", "recordings", "looks-" + subject + dialect));
  }

  @Execution(CONCURRENT)
  @ParameterizedTest
  @EnumSource(Dialect.class)
  void listenerFiltersAreDiscoveredAsEnvoyDiscoversThem(Dialect dialect) throws Exception {
    try (Plays<Subject, Recording> both = Plays.sideBySide(subject -> looks(subject, dialect))) {
      Recording envoy = both.of(Subject.ENVOY);
      assertThat(envoy.steps().get("it comes late")).contains("GET /: 200");
      assertSame(envoy, both.of(Subject.BIFOCAL));
    }
  }

  private Recording missing(Subject subject, Dialect dialect) {
    Recital recital = start(subject, dialect);
    recital.push(ResourceType.LISTENER, "1", http("l1", "1"), network("l2", "1"));
    recital.proxy().awaitLive();
    recital
        .get("l1", "/")
        .get("l2", "/")
        .extensions()
        .stats(STATS)
        .note("neither configuration came in time");
    recital
        .push(ResourceType.EXTENSION_CONFIG, "1", config("ext", adds("1")), config("net", plain()))
        .quiet()
        .get("l1", "/", "x-ext")
        .get("l2", "/", "x-ext")
        .extensions()
        .stats(STATS)
        .note("both come late");
    return recital.recording(Path.of("target", "recordings", "missing-" + subject + dialect));
  }

  @Execution(CONCURRENT)
  @ParameterizedTest
  @EnumSource(Dialect.class)
  void withoutAConfigurationTheyAnswerAsEnvoyDoes(Dialect dialect) throws Exception {
    try (Plays<Subject, Recording> both = Plays.sideBySide(subject -> missing(subject, dialect))) {
      Recording envoy = both.of(Subject.ENVOY);
      assertThat(envoy.steps().get("neither configuration came in time"))
          .contains("GET /: 500", "GET /: closed");
      assertSame(envoy, both.of(Subject.BIFOCAL));
    }
  }
}
