package io.bifocal.dataplane.dns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.dns.ResolverConfig.Option;
import io.bifocal.dataplane.host.Address;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.extensions.network.dns_resolver.apple.v3.AppleDnsResolverConfig;
import io.envoyproxy.envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig;
import io.envoyproxy.envoy.extensions.network.dns_resolver.getaddrinfo.v3.GetAddrInfoDnsResolverConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@SuppressWarnings("deprecation") // the older fields
class ResolverConfigReaderTest {
  private static final String SERVER =
      "{ socket_address { address: '10.0.0.53' port_value: 5353 } }";

  private final List<String> warnings = new ArrayList<>();

  @Test
  void withoutAnythingElseItIsTheSystemsServersWithEnvoysPatience() throws Exception {
    assertThat(cares("")).isEqualTo(ResolverConfig.DEFAULT);
    assertThat(ofBootstrap("")).isEqualTo(ResolverConfig.DEFAULT);
    assertThat(ResolverConfig.DEFAULT.timeout()).isEqualTo(Duration.ofSeconds(5));
    assertThat(ResolverConfig.DEFAULT.tries()).isEqualTo(4);
  }

  @Test
  void whatIsSetIsObeyed() throws Exception {
    ResolverConfig.Client config =
        cares(
            """
            resolvers { socket_address { address: "10.0.0.53" port_value: 5353 } }
            resolvers { socket_address { address: "2001:db8::53" port_value: 0 } }
            use_resolvers_as_fallback: true
            filter_unroutable_families: true
            dns_resolver_options { use_tcp_for_dns_lookups: true no_default_search_domain: true }
            query_timeout_seconds { value: 2 }
            query_tries { value: 3 }
            rotate_nameservers: true
            """);
    assertThat(config.servers())
        .extracting(Address::text)
        .containsExactly("10.0.0.53:5353", "[2001:db8::53]:53");
    assertThat(config.options()).containsExactlyInAnyOrder(Option.values());
    assertThat(config.timeout()).isEqualTo(Duration.ofSeconds(2));
    assertThat(config.tries()).isEqualTo(3);
    assertThat(warnings).isEmpty();
  }

  @Test
  void aLimitThatIsKeptAnywayIsToldOf() throws Exception {
    cares("udp_max_queries { value: 9 }");
    assertThat(warnings)
        .containsExactly(
            "x: field 'udp_max_queries' is ignored: each question has a socket of its own");
  }

  @Test
  void unreasonableNumbersAreBounded() throws Exception {
    ResolverConfig.Client config =
        cares(
            "query_timeout_seconds { value: 18446744073709551615 } query_tries { value: 4294967295 }");
    assertThat(config.timeout()).isEqualTo(Duration.ofHours(1));
    assertThat(config.tries()).isEqualTo(100);
  }

  @Test
  void theSystemsResolverMayBeAsked() throws Exception {
    assertThat(typed("y", GetAddrInfoDnsResolverConfig.getDefaultInstance()))
        .isEqualTo(new ResolverConfig.GetAddrInfo(OptionalInt.empty()));
    GetAddrInfoDnsResolverConfig.Builder retrying = GetAddrInfoDnsResolverConfig.newBuilder();
    retrying.getNumRetriesBuilder().setValue(2);
    assertThat(typed("y", retrying.build()))
        .isEqualTo(new ResolverConfig.GetAddrInfo(OptionalInt.of(2)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "resolvers { pipe { path: '/x' } } | DNS resolver '/x' is not an IP address",
        "resolvers { socket_address { address: 'a.b' port_value: 53 } } | malformed IP address: a.b",
        "resolvers { socket_address { address: '10.0.0.1' named_port: 'dns' } } | x.resolvers[0]: a"
            + " server is an IP address and a number for its port",
        "query_tries { value: 0 } | Proto constraint validation failed",
      })
  void whatCannotBeObeyedIsRefused(String fields, String reason) {
    assertThatThrownBy(() -> cares(fields))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(reason);
  }

  @Test
  void otherResolversAreNotKnown() {
    assertThatThrownBy(() -> typed("foo", Node.getDefaultInstance()))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "Didn't find a registered implementation for 'foo' with type URL:"
                + " 'envoy.config.core.v3.Node'");
    assertThatThrownBy(() -> typed("apple", AppleDnsResolverConfig.getDefaultInstance()))
        .isInstanceOf(ConfigException.class);
  }

  @Test
  void ofAClustersWaysToSayItTheNewestCounts() throws Exception {
    String older = "dns_resolution_config { resolvers " + SERVER + " }";
    String oldest = "dns_resolvers { socket_address { address: '10.0.0.9' port_value: 9 } }";
    assertThat(ofCluster(oldest + older)).extracting(this::first).isEqualTo("10.0.0.53:5353");
    assertThat(ofCluster(oldest)).extracting(this::first).isEqualTo("10.0.0.9:9");
    String overTcp = " dns_resolver_options { use_tcp_for_dns_lookups: true } }";
    assertThat(ofCluster("dns_resolution_config { resolvers " + SERVER + overTcp).options())
        .containsExactly(Option.OVER_TCP);
    assertThat(ofCluster(oldest + " use_tcp_for_dns_lookups: true").options())
        .containsExactly(Option.OVER_TCP);
    Cluster.Builder typed = Cluster.newBuilder();
    TextFormat.merge(older, typed);
    typed.setTypedDnsResolverConfig(
        config("n", CaresDnsResolverConfig.newBuilder().setRotateNameservers(true).build()));
    assertThat(
            ((ResolverConfig.Client)
                    ResolverConfigReader.ofCluster(
                        typed.build(), ResolverConfig.DEFAULT, "c", warnings))
                .options())
        .containsExactly(Option.ROTATE);
  }

  @Test
  void aClusterThatSaysNothingHasTheBootstraps() throws Exception {
    ResolverConfig defaults = new ResolverConfig.GetAddrInfo(OptionalInt.empty());
    assertThat(
            ResolverConfigReader.ofCluster(
                TextFormat.parse("use_tcp_for_dns_lookups: true", Cluster.class),
                defaults,
                "cluster 'c'",
                warnings))
        .isSameAs(defaults);
    assertThat(warnings)
        .as("as Envoy does, but not in silence")
        .containsExactly(
            "cluster 'c'.use_tcp_for_dns_lookups is ignored: it concerns dns_resolvers, and none"
                + " are set");
  }

  @Test
  void theBootstrapHasItsOlderFieldsToo() throws Exception {
    assertThat(ofBootstrap("use_tcp_for_dns_lookups: true").options())
        .containsExactly(Option.OVER_TCP);
    assertThat(ofBootstrap("dns_resolution_config { resolvers " + SERVER + " }").servers())
        .hasSize(1);
    Bootstrap.Builder typed = Bootstrap.newBuilder().setUseTcpForDnsLookups(true);
    typed.setTypedDnsResolverConfig(config("n", GetAddrInfoDnsResolverConfig.getDefaultInstance()));
    assertThat(ResolverConfigReader.ofBootstrap(typed.build(), warnings))
        .isInstanceOf(ResolverConfig.GetAddrInfo.class);
  }

  private String first(ResolverConfig config) {
    return ((ResolverConfig.Client) config).servers().get(0).text();
  }

  private ResolverConfig.Client cares(String fields) throws Exception {
    return (ResolverConfig.Client)
        typed("x", TextFormat.parse(fields, CaresDnsResolverConfig.class));
  }

  private ResolverConfig typed(String name, Message message) throws ConfigException {
    return ResolverConfigReader.typed(config(name, message), "x", warnings);
  }

  private static TypedExtensionConfig config(String name, Message message) {
    return TypedExtensionConfig.newBuilder()
        .setName(name)
        .setTypedConfig(Any.pack(message))
        .build();
  }

  private ResolverConfig.Client ofCluster(String fields) throws Exception {
    return (ResolverConfig.Client)
        ResolverConfigReader.ofCluster(
            TextFormat.parse(fields, Cluster.class), ResolverConfig.DEFAULT, "c", warnings);
  }

  private ResolverConfig.Client ofBootstrap(String fields) throws Exception {
    return (ResolverConfig.Client)
        ResolverConfigReader.ofBootstrap(TextFormat.parse(fields, Bootstrap.class), warnings);
  }
}
