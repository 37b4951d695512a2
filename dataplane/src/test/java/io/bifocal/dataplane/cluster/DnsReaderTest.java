package io.bifocal.dataplane.cluster;

import static io.bifocal.dataplane.cluster.ClusterFixture.inline;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.TextFormat;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.cluster.RefreshRate.FailureRate;
import io.bifocal.dataplane.dns.LookupFamily;
import io.bifocal.dataplane.dns.ResolverConfig;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.DiscoveryType;
import io.envoyproxy.envoy.extensions.clusters.dns.v3.DnsCluster;
import io.envoyproxy.envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What of a cluster's configuration says how its names are resolved. */
class DnsReaderTest {
  private static final String ENDPOINT =
      "load_assignment { endpoints { lb_endpoints { endpoint { address { socket_address { address:"
          + " 'svc' port_value: 80 } } } } } } ";

  private final List<String> warnings = new ArrayList<>();

  @Test
  void withoutAnythingElseTheDefaultsAreEnvoys() throws Exception {
    for (String type : List.of("type: STRICT_DNS", "cluster_type { name: 'envoy.cluster.dns' }")) {
      Discovery.Dns dns = dns(type);
      assertThat(dns.endpoints().names()).containsExactly("svc");
      assertThat(dns.endpoints().logical()).isFalse();
      assertThat(dns.family()).isEqualTo(LookupFamily.AUTO);
      assertThat(dns.resolver()).isEqualTo(ResolverConfig.DEFAULT);
      assertThat(dns.waitForWarm()).isTrue();
      assertThat(dns.refresh())
          .isEqualTo(
              new RefreshRate(Duration.ofSeconds(5), Optional.empty(), false, Duration.ZERO));
    }
    assertThat(warnings).isEmpty();
  }

  @Test
  void whatIsSetIsObeyed() throws Exception {
    Discovery.Dns older =
        dns(
            """
            type: LOGICAL_DNS dns_lookup_family: ALL dns_refresh_rate { seconds: 3 }
            dns_failure_refresh_rate { base_interval { seconds: 1 } max_interval { seconds: 4 } }
            respect_dns_ttl: true dns_jitter { seconds: 2 } wait_for_warm_on_init { value: false }
            dns_resolvers { socket_address { address: "10.0.0.53" port_value: 53 } }
            """);
    assertThat(older.endpoints().logical()).isTrue();
    assertThat(older.family()).isEqualTo(LookupFamily.ALL);
    assertThat(((ResolverConfig.Client) older.resolver()).servers()).hasSize(1);
    assertThat(older.waitForWarm()).isFalse();
    assertThat(older.refresh())
        .isEqualTo(
            new RefreshRate(
                Duration.ofSeconds(3),
                Optional.of(new FailureRate(Duration.ofSeconds(1), Duration.ofSeconds(4))),
                true,
                Duration.ofSeconds(2)));
    DnsCluster.Builder newer = DnsCluster.newBuilder();
    TextFormat.merge(
        """
        dns_lookup_family: ALL dns_refresh_rate { seconds: 3 }
        dns_failure_refresh_rate { base_interval { seconds: 1 } max_interval { seconds: 4 } }
        respect_dns_ttl: true dns_jitter { seconds: 2 } all_addresses_in_single_endpoint: true
        """,
        newer);
    newer
        .getTypedDnsResolverConfigBuilder()
        .setName("c")
        .setTypedConfig(
            Any.pack(
                CaresDnsResolverConfig.newBuilder()
                    .addResolvers(ClusterFixture.address("10.0.0.53"))
                    .build()));
    Discovery.Dns same = dns(newer.build(), "wait_for_warm_on_init { value: false }");
    assertThat(same.refresh()).isEqualTo(older.refresh());
    assertThat(same.endpoints()).isEqualTo(older.endpoints());
    assertThat(same.family()).isEqualTo(older.family());
    assertThat(same.waitForWarm()).isFalse();
    assertThat(((ResolverConfig.Client) same.resolver()).servers()).hasSize(1);
    assertThat(warnings).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "AUTO, AUTO",
    "V4_ONLY, V4_ONLY",
    "V6_ONLY, V6_ONLY",
    "V4_PREFERRED, V4_PREFERRED",
    "ALL, ALL"
  })
  void bothWaysToSayAFamilyMeanTheSame(String name, LookupFamily family) throws Exception {
    assertThat(dns("type: STRICT_DNS dns_lookup_family: " + name).family()).isEqualTo(family);
    DnsCluster newer = TextFormat.parse("dns_lookup_family: " + name, DnsCluster.class);
    assertThat(dns(newer, "").family()).isEqualTo(family);
  }

  @Test
  void failuresBackOffToTenTimesTheirBase() throws Exception {
    assertThat(
            dns("type: STRICT_DNS dns_failure_refresh_rate { base_interval { seconds: 2 } }")
                .refresh()
                .failures())
        .contains(new FailureRate(Duration.ofSeconds(2), Duration.ofSeconds(20)));
  }

  @Test
  void theOlderFieldsDoNotCountBesideTheNewerType() throws Exception {
    Discovery.Dns dns =
        dns(
            DnsCluster.getDefaultInstance(),
            "dns_refresh_rate { seconds: 3 } use_tcp_for_dns_lookups: true");
    assertThat(dns.refresh().rate()).isEqualTo(Duration.ofSeconds(5));
    assertThat(dns.resolver()).isEqualTo(ResolverConfig.DEFAULT);
    assertThat(warnings)
        .containsExactly(
            "c: field 'dns_refresh_rate' is ignored: the cluster's type says it",
            "c: field 'use_tcp_for_dns_lookups' is ignored: the cluster's type says it");
  }

  @Test
  void aClusterThatIsNotResolvedIsToldSo() throws Exception {
    Cluster.Builder cluster = inline("a", "10.0.0.1").toBuilder();
    TextFormat.merge("dns_lookup_family: ALL wait_for_warm_on_init { value: true }", cluster);
    DiscoveryReader.read(cluster.build(), "c", ResolverConfig.DEFAULT, warnings);
    assertThat(warnings)
        .containsExactly(
            "c: field 'dns_lookup_family' is ignored: no name of this cluster is resolved",
            "c: field 'wait_for_warm_on_init' is ignored: no name of this cluster is resolved");
  }

  @Test
  void whereNoNameIsThereIsNothingToResolve() throws Exception {
    Cluster literal = inline("a", "10.0.0.1").toBuilder().setType(DiscoveryType.STRICT_DNS).build();
    assertThat(DiscoveryReader.read(literal, "c", ResolverConfig.DEFAULT, warnings))
        .isEqualTo(new Discovery.Static(literal.getLoadAssignment()));
    assertThat(warnings)
        .containsExactly("c.load_assignment: no name is to be resolved: taken as STATIC");
  }

  @Test
  void additionalAddressesAreForEndpointsThatNeedNoResolver() throws Exception {
    Cluster.Builder cluster = inline("a", "svc").toBuilder().setType(DiscoveryType.STRICT_DNS);
    var endpoint =
        cluster
            .getLoadAssignmentBuilder()
            .getEndpointsBuilder(0)
            .getLbEndpointsBuilder(0)
            .getEndpointBuilder();
    endpoint.addAdditionalAddressesBuilder().setAddress(ClusterFixture.address("10.0.0.9"));
    Discovery.Dns dns =
        (Discovery.Dns)
            DiscoveryReader.read(cluster.build(), "c", ResolverConfig.DEFAULT, warnings);
    assertThat(dns.endpoints().assignment()).isEqualTo(inline("a", "svc").getLoadAssignment());
    assertThat(warnings)
        .containsExactly(
            "c.load_assignment: the additional_addresses of 'svc' are ignored: they are for"
                + " endpoints that need no resolver");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "type: LOGICAL_DNS | LOGICAL_DNS clusters must have a single host",
        "type: LOGICAL_DNS load_assignment { endpoints { } } | LOGICAL_DNS clusters must have a"
            + " single locality_lb_endpoint and a single lb_endpoint",
        "type: STRICT_DNS dns_failure_refresh_rate { base_interval { seconds: 5 } max_interval {"
            + " seconds: 2 } } | dns_failure_refresh_rate must have max_interval greater than or"
            + " equal to the base_interval",
        "type: STRICT_DNS load_assignment { endpoints { lb_endpoints { endpoint { address {"
            + " socket_address { address: 'a' port_value: 1 resolver_name: 'x' } } } } } } |"
            + " STRICT_DNS clusters must NOT have a custom resolver name set",
        "type: LOGICAL_DNS load_assignment { endpoints { lb_endpoints { endpoint { address {"
            + " socket_address { address: 'a' port_value: 1 resolver_name: 'x' } } } } } } |"
            + " LOGICAL_DNS clusters must NOT have a custom resolver name set",
        "type: STRICT_DNS load_assignment { endpoints { lb_endpoints { endpoint { address {"
            + " socket_address { address: 'a' named_port: 'http' } } } } } } | c.load_assignment:"
            + " the port of 'a' must be a number, not a name",
        "cluster_type { name: 'envoy.clusters.dns' } | Didn't find a registered cluster factory"
            + " implementation for name: 'envoy.clusters.dns'",
        "type: STRICT_DNS dns_resolvers { pipe { path: '/x' } } load_assignment { endpoints {"
            + " lb_endpoints { endpoint { address { socket_address { address: 'a' port_value: 1 } }"
            + " } } } } | DNS resolver '/x' is not an IP address",
      })
  void whatCannotBeObeyedIsRefusedAsEnvoyDoes(String fields, String reason) {
    assertThatThrownBy(
            () ->
                DiscoveryReader.read(
                    TextFormat.parse(fields, Cluster.class), "c", ResolverConfig.DEFAULT, warnings))
        .isInstanceOf(ConfigException.class)
        .hasMessage(reason);
  }

  @Test
  void aClustersResolverIsTheOneThatIsAsked() throws Exception {
    ClusterFixture f = new ClusterFixture();
    Cluster.Builder own = inline("a", "svc").toBuilder().setType(DiscoveryType.STRICT_DNS);
    TextFormat.merge(
        "dns_resolvers { socket_address { address: '10.0.0.53' port_value: 53 } }", own);
    f.with(own.build(), inline("b", "svc").toBuilder().setType(DiscoveryType.STRICT_DNS).build());
    assertThat(f.names.configs)
        .extracting(c -> ((ResolverConfig.Client) c).servers().size())
        .containsExactly(1, 0);
  }

  private Discovery.Dns dns(String fields) throws Exception {
    return (Discovery.Dns)
        DiscoveryReader.read(
            TextFormat.parse(ENDPOINT + fields, Cluster.class),
            "c",
            ResolverConfig.DEFAULT,
            warnings);
  }

  private Discovery.Dns dns(DnsCluster dns, String fields) throws Exception {
    Cluster.Builder cluster = Cluster.newBuilder();
    TextFormat.merge(ENDPOINT + fields, cluster);
    cluster.getClusterTypeBuilder().setName("n").setTypedConfig(Any.pack(dns));
    return (Discovery.Dns)
        DiscoveryReader.read(cluster.build(), "c", ResolverConfig.DEFAULT, warnings);
  }
}
