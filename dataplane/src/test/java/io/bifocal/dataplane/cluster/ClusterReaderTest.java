package io.bifocal.dataplane.cluster;

import static io.bifocal.dataplane.cluster.ClusterFixture.eds;
import static io.bifocal.dataplane.cluster.ClusterFixture.inline;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import com.google.protobuf.util.Durations;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.balance.LocalitySpread;
import io.bifocal.dataplane.balance.Policy;
import io.bifocal.dataplane.balance.RuntimeDouble;
import io.bifocal.dataplane.balance.SlowStart;
import io.bifocal.dataplane.balance.Subsets;
import io.bifocal.dataplane.connect.ConnectSettings;
import io.bifocal.dataplane.grid.AlternateProtocolsCaches;
import io.bifocal.dataplane.pool.CircuitBreakers;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.bifocal.dataplane.transport.TransportSocketFactory;
import io.bifocal.dataplane.transport.TransportSockets;
import io.bifocal.dataplane.transport.tls.UpstreamTls;
import io.bifocal.xds.time.VirtualTime;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.LbSubsetConfig;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.extensions.load_balancing_policies.client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin;
import io.envoyproxy.envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig;
import io.envoyproxy.envoy.extensions.load_balancing_policies.common.v3.SlowStartConfig;
import io.envoyproxy.envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest;
import io.envoyproxy.envoy.extensions.load_balancing_policies.random.v3.Random;
import io.envoyproxy.envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin;
import io.envoyproxy.envoy.extensions.load_balancing_policies.subset.v3.Subset;
import io.envoyproxy.envoy.extensions.load_balancing_policies.wrr_locality.v3.WrrLocality;
import io.envoyproxy.envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport;
import io.envoyproxy.envoy.extensions.transport_sockets.quic.v3.QuicUpstreamTransport;
import io.envoyproxy.envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClusterReaderTest {
  private final ClusterReader reader =
      new ClusterReader(
          ClusterDefaults.DEFAULT,
          new TransportSockets(),
          new AlternateProtocolsCaches(new VirtualTime(), new StatsStore(1).root()));

  @Test
  void withoutAnythingElseTheDefaultsAreEnvoys() throws Exception {
    ClusterConfig config = reader.read(inline("a"));
    assertThat(config.observabilityName()).isEqualTo("a");
    assertThat(config.connectTimeout()).isEqualTo(Duration.ofSeconds(5));
    assertThat(config.bufferLimit()).isEqualTo(1 << 20);
    assertThat(config.http().idleTimeout()).isEqualTo(Duration.ofHours(1));
    assertThat(config.http().maxRequests()).isZero();
    assertThat(config.limits()).isEqualTo(BreakerLimits.DEFAULT);
    assertThat(config.balancing()).isEqualTo(Balancing.DEFAULT);
    assertThat(config.connect()).isEqualTo(ConnectSettings.DEFAULT);
  }

  @Test
  void whatIsSetIsObeyed() throws Exception {
    ClusterConfig config =
        read(
            """
            name: "a" alt_stat_name: "b" connect_timeout { nanos: 250000000 }
            per_connection_buffer_limit_bytes { value: 9 }
            common_http_protocol_options { idle_timeout { } max_requests_per_connection { value: 3 } }
            lb_policy: LEAST_REQUEST least_request_lb_config { choice_count { value: 5 } }
            common_lb_config { healthy_panic_threshold { value: 0 } }
            circuit_breakers {
              thresholds { priority: HIGH max_connections { value: 1 } }
              thresholds { max_connections { value: 7 } max_requests { value: 4294967295 } track_remaining: true }
            }
            metadata { filter_metadata { key: "bifocal.connect"
              value { fields { key: "attempt_delay" value { string_value: "0.1s" } } } } }
            """);
    assertThat(config.observabilityName()).isEqualTo("b");
    assertThat(config.connectTimeout()).isEqualTo(Duration.ofMillis(250));
    assertThat(config.bufferLimit()).isEqualTo(9);
    assertThat(config.http().idleTimeout()).isZero();
    assertThat(config.http().maxRequests()).isEqualTo(3);
    assertThat(config.balancing()).isEqualTo(new Balancing(Policy.LeastBusy.of(5), 0));
    assertThat(config.limits().normal())
        .isEqualTo(
            new CircuitBreakers.Thresholds(
                7, 1024, Integer.MAX_VALUE, 3, Integer.MAX_VALUE, Integer.MAX_VALUE, null, true));
    assertThat(config.connect().attemptDelay()).isEqualTo(Duration.ofMillis(100));
  }

  @Test
  void typedProtocolOptionsCountInsteadOfTheOldOnes() throws Exception {
    HttpProtocolOptions.Builder typed = HttpProtocolOptions.newBuilder();
    typed.getCommonHttpProtocolOptionsBuilder().getIdleTimeoutBuilder().setSeconds(7);
    typed.getExplicitHttpConfigBuilder().getHttp2ProtocolOptionsBuilder();
    Cluster.Builder cluster = inline("a").toBuilder();
    cluster.putTypedExtensionProtocolOptions(
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions", Any.pack(typed.build()));
    assertThat(reader.read(cluster.build()).http().idleTimeout()).isEqualTo(Duration.ofSeconds(7));
  }

  @Test
  void ofTypedBalancingPoliciesTheFirstKnownOneCounts() throws Exception {
    Cluster.Builder cluster = inline("a").toBuilder();
    policy(cluster, "new", RawBuffer.getDefaultInstance());
    policy(cluster, "least", LeastRequest.getDefaultInstance());
    assertThat(reader.read(cluster.build()).balancing().policy())
        .isEqualTo(Policy.LeastBusy.DEFAULT);
    cluster.getLoadBalancingPolicyBuilder().removePolicies(1);
    assertThatThrownBy(() -> reader.read(cluster.build()))
        .hasMessage("Didn't find a registered load balancer factory with names from [new]");
  }

  private Balancing typed(Message policy) throws Exception {
    Cluster.Builder cluster = inline("a").toBuilder();
    policy(cluster, "some", policy);
    return reader.read(cluster.build()).balancing();
  }

  @Test
  void hostsMayBeChosenByWhatTheyReport() throws Exception {
    Policy.ByReports usual =
        new Policy.ByReports(
            Duration.ofSeconds(10), Duration.ofMinutes(3), Duration.ofSeconds(1), 0, List.of());
    assertThat(typed(ClientSideWeightedRoundRobin.getDefaultInstance()).policy()).isEqualTo(usual);
    ClientSideWeightedRoundRobin.Builder config =
        ClientSideWeightedRoundRobin.newBuilder()
            .addMetricNamesForComputingUtilization("named_metrics.a");
    config.getBlackoutPeriodBuilder().setSeconds(1);
    config.getWeightExpirationPeriodBuilder().setSeconds(2);
    config.getWeightUpdatePeriodBuilder().setNanos(1);
    config.getErrorUtilizationPenaltyBuilder().setValue(2);
    Balancing read = typed(within(config.build()));
    assertThat(read.localities()).isEqualTo(new LocalitySpread.Weighted());
    assertThat(read.policy())
        .isEqualTo(
            new Policy.ByReports(
                Duration.ofSeconds(1),
                Duration.ofSeconds(2),
                Duration.ofMillis(100),
                2,
                List.of("named_metrics.a")));
    assertThatThrownBy(() -> typed(within(RoundRobin.getDefaultInstance())))
        .hasMessageStartingWith("Currently WrrLocalityLoadBalancer only supports");
    assertThatThrownBy(() -> typed(within(Cluster.getDefaultInstance())))
        .hasMessage("No supported endpoint picking policy.");
  }

  private static WrrLocality within(Message policy) {
    WrrLocality.Builder within = WrrLocality.newBuilder();
    within
        .getEndpointPickingPolicyBuilder()
        .addPoliciesBuilder()
        .getTypedExtensionConfigBuilder()
        .setName("within")
        .setTypedConfig(Any.pack(policy));
    return within.build();
  }

  @Test
  void whatATypedPolicyAsksForIsObeyed() throws Exception {
    assertThat(
            typed(
                    LeastRequest.newBuilder()
                        .setSelectionMethod(LeastRequest.SelectionMethod.FULL_SCAN)
                        .build())
                .policy())
        .isEqualTo(new Policy.LeastBusy(2, RuntimeDouble.fixed(1), true, null));
    assertThat(
            typed(
                    RoundRobin.newBuilder()
                        .setSlowStartConfig(
                            SlowStartConfig.newBuilder()
                                .setSlowStartWindow(Durations.fromSeconds(3)))
                        .build())
                .policy())
        .isEqualTo(
            new Policy.InTurn(new SlowStart(Duration.ofSeconds(3), RuntimeDouble.fixed(1), 0.1)));
    assertThat(
            typed(
                    Random.newBuilder()
                        .setLocalityLbConfig(
                            LocalityLbConfig.newBuilder()
                                .setLocalityWeightedLbConfig(
                                    LocalityLbConfig.LocalityWeightedLbConfig.getDefaultInstance()))
                        .build())
                .localities())
        .isEqualTo(new LocalitySpread.Weighted());
  }

  @Test
  void subsetsComeFromEitherOfTheirMessages() throws Exception {
    Cluster.Builder cluster = inline("a").toBuilder();
    LbSubsetConfig.Builder older = cluster.getLbSubsetConfigBuilder();
    older.setFallbackPolicy(LbSubsetConfig.LbSubsetFallbackPolicy.DEFAULT_SUBSET);
    older.addSubsetSelectorsBuilder().addKeys("b").addKeys("a");
    Subsets read = Objects.requireNonNull(reader.read(cluster.build()).balancing().subsets());
    assertThat(read.fallback()).isEqualTo(Subsets.Fallback.DEFAULT_SUBSET);
    assertThat(read.selectors().get(0).keys()).containsExactly("a", "b");

    Subset.Builder typed = Subset.newBuilder().setFallbackPolicyValue(2);
    typed.addSubsetSelectorsBuilder().addKeys("b").addKeys("a");
    typed
        .getSubsetLbPolicyBuilder()
        .addPoliciesBuilder()
        .getTypedExtensionConfigBuilder()
        .setName("random")
        .setTypedConfig(Any.pack(Random.getDefaultInstance()));
    Balancing balancing = typed(typed.build());
    assertThat(balancing.subsets()).isEqualTo(read);
    assertThat(balancing.policy()).isEqualTo(new Policy.AnyHost());
  }

  @Test
  void aSelectorsFallbackIsToAPartOfItsKeys() {
    for (var wrong :
        Map.of(
                List.<String>of(), "fallback_keys_subset cannot be empty",
                List.of("c"), "fallback_keys_subset must be a subset of selector keys",
                List.of("a", "b"), "fallback_keys_subset cannot be equal to keys")
            .entrySet()) {
      Cluster.Builder cluster = inline("a").toBuilder();
      cluster
          .getLbSubsetConfigBuilder()
          .addSubsetSelectorsBuilder()
          .addAllKeys(List.of("a", "b"))
          .setFallbackPolicyValue(4)
          .addAllFallbackKeysSubset(wrong.getKey());
      assertThatThrownBy(() -> reader.read(cluster.build())).hasMessage(wrong.getValue());
    }
  }

  @Test
  void aTransportSocketIsFoundByItsType() throws Exception {
    Cluster.Builder cluster = inline("a").toBuilder();
    cluster.getTransportSocketBuilder().setName("x");
    assertThatThrownBy(() -> reader.read(cluster.build()))
        .hasMessage("Didn't find a registered implementation for 'x' with type URL: ''");
    cluster.getTransportSocketBuilder().setTypedConfig(Any.pack(Cluster.getDefaultInstance()));
    assertThatThrownBy(() -> reader.read(cluster.build()))
        .hasMessage(
            "Didn't find a registered implementation for 'x' with type URL:"
                + " 'envoy.config.cluster.v3.Cluster'");
    cluster.getTransportSocketBuilder().setTypedConfig(Any.pack(RawBuffer.getDefaultInstance()));
    assertThat(reader.read(cluster.build()).name()).isEqualTo("a");
  }

  @Test
  void namesAreForTlsOnly() throws Exception {
    Cluster.Builder cluster = inline("a").toBuilder();
    HttpProtocolOptions.Builder typed = HttpProtocolOptions.newBuilder();
    typed.getExplicitHttpConfigBuilder().getHttpProtocolOptionsBuilder();
    typed.getUpstreamHttpProtocolOptionsBuilder().setAutoSni(true);
    cluster.putTypedExtensionProtocolOptions(
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions", Any.pack(typed.build()));
    assertThat(reader.read(cluster.build()).transport()).isSameAs(TransportSocketFactory.PLAIN);
    assertThat(reader.read(cluster.build()).http().names()).isNull();
    cluster
        .getTransportSocketBuilder()
        .setName("envoy.transport_sockets.tls")
        .setTypedConfig(Any.pack(UpstreamTlsContext.getDefaultInstance()));
    assertThat(reader.read(cluster.build()).http().names())
        .isEqualTo(new ServerNames(true, false, ""));
    cluster.clearTypedExtensionProtocolOptions();
    assertThat(reader.read(cluster.build()).transport()).isInstanceOf(UpstreamTls.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "TLS | | ",
        "TLS | TLS | ",
        "PROXY | | ",
        "PROXY | PROXY | ",
        "QUIC | | ",
        "RAW | | transport socket",
        "RAW | TLS | transport socket",
        "PROXY OVER RAW | | transport socket",
        "TLS | RAW | transport socket matcher",
        "PROXY | PROXY OVER RAW | transport socket matcher",
      })
  void whatTlsIsToAgreeOnNeedsTlsBehindEverySocket(String own, String match, String refused)
      throws Exception {
    Cluster.Builder cluster = inline("a").toBuilder().setTransportSocket(socket(own));
    if (match != null) {
      cluster.addTransportSocketMatchesBuilder().setName("m").setTransportSocket(socket(match));
    }
    cluster.putTypedExtensionProtocolOptions(
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        Any.pack(
            HttpProtocolOptions.newBuilder()
                .setAutoConfig(HttpProtocolOptions.AutoHttpConfig.getDefaultInstance())
                .build()));
    if (refused == null) {
      assertThat(reader.read(cluster.build()).http().protocol())
          .isEqualTo(ApplicationProtocol.HTTP);
    } else {
      assertThatThrownBy(() -> reader.read(cluster.build()))
          .isInstanceOf(ConfigException.class)
          .hasMessage("ALPN configured for cluster a which has a non-ALPN " + refused);
    }
  }

  private static TransportSocket socket(String kind) {
    Message config =
        switch (kind) {
          case "TLS" -> UpstreamTlsContext.getDefaultInstance();
          case "QUIC" ->
              QuicUpstreamTransport.newBuilder()
                  .setUpstreamTlsContext(UpstreamTlsContext.getDefaultInstance())
                  .build();
          case "RAW" -> RawBuffer.getDefaultInstance();
          default ->
              ProxyProtocolUpstreamTransport.newBuilder()
                  .setTransportSocket(socket(kind.equals("PROXY") ? "TLS" : "RAW"))
                  .build();
        };
    return TransportSocket.newBuilder().setName(kind).setTypedConfig(Any.pack(config)).build();
  }

  @Test
  void anEdsClusterAsksForItsNameOrItsServiceName() throws Exception {
    assertThat(reader.read(eds("e")).discovery())
        .isEqualTo(new Discovery.Eds(ClusterFixture.ADS, "e"));
    Cluster.Builder named = eds("e").toBuilder();
    named.getEdsClusterConfigBuilder().setServiceName("svc");
    assertThat(reader.read(named.build()).discovery())
        .isEqualTo(new Discovery.Eds(ClusterFixture.ADS, "svc"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "type: EDS | cannot create an EDS cluster without an EDS config",
        "cluster_type { name: 'envoy.clusters.nope' } | Didn't find a registered cluster factory"
            + " implementation for name: 'envoy.clusters.nope'",
        "lb_policy: CLUSTER_PROVIDED | cluster manager: cluster provided LB specified but cluster"
            + " 'm1' did not provide one. Check cluster documentation.",
        "upstream_bind_config { freebind { value: true } } | cluster"
            + " 'm1'.upstream_bind_config.freebind: foreign addresses are not bound to",
        "upstream_bind_config { socket_options { } } | cluster 'm1'.upstream_bind_config: field"
            + " 'socket_options' is not supported",
        "upstream_bind_config { local_address_selector { } } | cluster 'm1'.upstream_bind_config:"
            + " field 'local_address_selector' is not supported",
        "upstream_connection_options { tcp_keepalive { keepalive_time { value: 32768 } } } | cluster"
            + " 'm1'.upstream_connection_options.tcp_keepalive.keepalive_time: the system takes at"
            + " most 32767",
      })
  void whatCannotBeObeyedIsRefused(String fields, String reason) {
    assertThatThrownBy(() -> read("name: 'm1' " + fields))
        .isInstanceOf(ConfigException.class)
        .hasMessage(reason);
  }

  @ParameterizedTest
  @CsvSource({"STATIC, false", "STRICT_DNS, false", "LOGICAL_DNS, true", "EDS, true"})
  void aSecondAttemptThatComesTooLateIsSaidWhereThereMayBeOne(
      Cluster.DiscoveryType type, boolean said) throws Exception {
    Cluster.Builder cluster = inline("a", "example.com").toBuilder().setType(type);
    if (type == Cluster.DiscoveryType.EDS) {
      cluster.setEdsClusterConfig(eds("a").getEdsClusterConfig());
    }
    assertThat(tooLate(cluster, 300)).hasSize(said ? 1 : 0);
    assertThat(tooLate(cluster, 301)).isEmpty();
  }

  @Test
  void aSecondAttemptThatComesTooLateIsSaidOnce() throws Exception {
    Cluster.Builder cluster = inline("a", "10.0.0.1").toBuilder();
    for (int i = 2; i < 5; i++) {
      cluster
          .getLoadAssignmentBuilder()
          .getEndpointsBuilder(0)
          .addLbEndpoints(ClusterFixture.endpoint("10.0.0." + i, "::" + i));
    }
    assertThat(tooLate(cluster, 250))
        .containsExactly(
            "cluster 'a'.connect_timeout: 250 ms are over before the second attempt of a race"
                + " begins (300 ms): a second address is tried only when the first one fails");
  }

  private List<String> tooLate(Cluster.Builder cluster, int connectTimeoutMillis) throws Exception {
    List<String> warnings = new ArrayList<>();
    cluster.setConnectTimeout(Durations.fromMillis(connectTimeoutMillis));
    var unused = reader.read(cluster.build(), warnings::add);
    return warnings.stream().filter(w -> w.contains("connect_timeout")).toList();
  }

  private ClusterConfig read(String text) throws Exception {
    return reader.read(TextFormat.parse(text, Cluster.class));
  }

  private static void policy(Cluster.Builder cluster, String name, Message config) {
    cluster
        .getLoadBalancingPolicyBuilder()
        .addPoliciesBuilder()
        .getTypedExtensionConfigBuilder()
        .setName(name)
        .setTypedConfig(Any.pack(config));
  }
}
