package io.bifocal.dataplane.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.HealthCheckTarget;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostState;
import io.bifocal.dataplane.host.HostStats;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.stats.StatsStore;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.UpstreamConnectionOptions.HappyEyeballsConfig;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** All addresses that an assignment can name. */
class EndpointAddressesTest {
  private static final String V4 =
      "address { socket_address { address: '10.0.0.1' port_value: 80 } }";
  private static final String V6 = "address { socket_address { address: '::1' port_value: 80 } }";
  private static final String PIPE = "address { pipe { path: '/run/p' } }";
  private static final String PROXY = "envoy.http11_proxy_transport_socket.proxy_address";

  private final List<String> warnings = new ArrayList<>();
  private HappyEyeballsConfig sorting = HappyEyeballsConfig.getDefaultInstance();

  @Test
  void pipesAndAddressesOfBothFamiliesAreOfOneHost() throws Exception {
    Host host = only(endpoint(PIPE + additional(V4, V6, "address { pipe { path: '/run/q' } }")));
    assertThat(host.primary()).isEqualTo(new Address.Pipe("/run/p"));
    assertThat(host.addresses().ordered())
        .extracting(Address::text)
        .containsExactly("/run/p", "10.0.0.1:80", "[::1]:80", "/run/q");
  }

  @Test
  void aFamilyNewerThanTheMessagesIsPreferredByItsNumber() throws Exception {
    sorting = HappyEyeballsConfig.newBuilder().setFirstAddressFamilyVersionValue(3).build();
    assertThat(only(endpoint(V4 + additional(V6, PIPE))).addresses().ordered())
        .extracting(Address::text)
        .containsExactly("/run/p", "10.0.0.1:80", "[::1]:80");
  }

  @Test
  void duplicatesAreKept() throws Exception {
    assertThat(only(endpoint(V4 + additional(V4, V4))).addresses().ordered()).hasSize(3);
  }

  @Test
  void ofEndpointsWithOnePrimaryAddressTheFirstCounts() throws Exception {
    Hosts hosts =
        read(
            "endpoints { "
                + endpoint(V4 + additional(V6))
                + endpoint(V4)
                + "} "
                + "endpoints { priority: 1 locality { region: 'r' } "
                + endpoint(V4 + "hostname: 'h'")
                + endpoint(V6)
                + "}");
    assertThat(hosts.set().priorities().get(0)).hasSize(1);
    assertThat(hosts.set().priorities().get(1))
        .as("what is additional elsewhere is no duplicate")
        .extracting(host -> host.primary().text())
        .containsExactly("[::1]:80");
  }

  @Test
  void oneAddressOnTwoLinksIsTwoHosts() throws Exception {
    String link = "address { socket_address { address: 'fe80::1%%%d' port_value: 80 } }";
    Hosts hosts =
        read("endpoints { " + endpoint(link.formatted(1)) + endpoint(link.formatted(2)) + "}");
    assertThat(hosts.byPrimary().keySet())
        .extracting(Address::text)
        .containsExactly("[fe80::1%1]:80", "[fe80::1%2]:80");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "socket_address { address: 'example.com' port_value: 1 }"
            + "| malformed IP address: example.com. Consider setting resolver_name or setting"
            + " cluster type to 'STRICT_DNS' or 'LOGICAL_DNS'",
        "socket_address { address: '::1' port_value: 1 resolver_name: 'r' }"
            + "| Unknown address resolver: r. Consider setting resolver_name or setting cluster"
            + " type to 'STRICT_DNS' or 'LOGICAL_DNS'",
        "socket_address { address: '::1' named_port: 'http' }"
            + "| IP resolver can't handle port specifier type 4. Consider setting resolver_name or"
            + " setting cluster type to 'STRICT_DNS' or 'LOGICAL_DNS'",
        "socket_address { address: '::1' port_value: 1 network_namespace_filepath: '/n' }"
            + "| Invalid host configuration: hosts cannot specify network namespaces with their"
            + " address",
        "envoy_internal_address { server_listener_name: 'i' }"
            + "| internal listeners are not served: i",
        "| Address must be set",
      })
  void whatIsNoAddressIsRefusedWhereverItStands(String address, String reason) {
    String proto = "address { " + (address == null ? "" : address) + " } ";
    assertThatThrownBy(() -> only(endpoint(proto)))
        .isInstanceOf(ConfigException.class)
        .hasMessage(reason);
    assertThatThrownBy(() -> only(endpoint(V4 + additional(V6, proto)))).hasMessage(reason);
  }

  @Test
  void theResolverOfLiteralsMayBeNamed() throws Exception {
    String named =
        "address { socket_address { address: '::1' port_value: 1 resolver_name: 'envoy.ip' } }";
    assertThat(only(endpoint(named)).primary().text()).isEqualTo("[::1]:1");
  }

  @Test
  void pathsAreAsLongAsTheSystemTakes() throws Exception {
    String pipe = "address { pipe { path: '%s' } } ";
    assertThat(only(endpoint(pipe.formatted("/".repeat(107)))).primary().text()).hasSize(107);
    assertThatThrownBy(() -> only(endpoint(pipe.formatted("/".repeat(108)))))
        .hasMessageStartingWith("Path \"///")
        .hasMessageContaining("\" exceeds maximum UNIX domain socket path size of 108.");
  }

  @Test
  void udpIsTakenAsTcpWithAWarning() throws Exception {
    only(endpoint("address { socket_address { protocol: UDP address: '::1' port_value: 1 } }"));
    assertThat(warnings)
        .containsExactly(
            "assignment 'a'.endpoints[0].lb_endpoints[]: addresses are connected to over TCP, not"
                + " UDP");
  }

  // ---- health checks

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "| 10.0.0.1:80",
        "port_value: 81 | 10.0.0.1:81",
        "address { socket_address { address: '::1' port_value: 9 } } | [::1]:9",
        "port_value: 81 address { socket_address { address: '::1' port_value: 9 } } | [::1]:81",
        "address { pipe { path: '/hc' } } | /hc",
      })
  void aHealthCheckWouldAskOneAddress(String config, String expected) throws Exception {
    String fields = "health_check_config { " + (config == null ? "" : config) + " }";
    HealthCheckTarget target = only(endpoint(V4 + additional(V6) + fields)).healthCheck();
    assertThat(target.address().text()).isEqualTo(expected);
    assertThat(warnings).hasSize(config == null ? 0 : 1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        PIPE
            + " health_check_config { port_value: 3 }"
            + "| Invalid host configuration: non-zero port for non-IP address",
        PIPE
            + " health_check_config { port_value: 3 "
            + V4
            + " }"
            + "| Invalid host configuration: non-zero port for non-IP address",
        V4
            + " health_check_config { port_value: 3 "
            + PIPE
            + " }"
            + "| Invalid host configuration: non-zero port for non-IP address",
        V4
            + " health_check_config { address { socket_address { address: 'h.com' port_value: 3 } } }"
            + "| malformed IP address: h.com",
        V4
            + " health_check_config { address { socket_address { address: '::1' named_port: 'x' } } }"
            + "| IP resolver can't handle port specifier type 4",
      })
  void whatNoHealthCheckCouldAskIsRefused(String fields, String reason) {
    assertThatThrownBy(() -> only(endpoint(fields)))
        .isInstanceOf(ConfigException.class)
        .hasMessage(reason);
  }

  @Test
  void aNameInTheHealthChecksAddressIsRefusedBeforeAnyNameIsResolved() {
    Cluster.Builder cluster = ClusterFixture.inline("d", "example.com").toBuilder();
    cluster.setType(Cluster.DiscoveryType.STRICT_DNS);
    cluster
        .getLoadAssignmentBuilder()
        .getEndpointsBuilder(0)
        .getLbEndpointsBuilder(0)
        .getEndpointBuilder()
        .getHealthCheckConfigBuilder()
        .setAddress(ClusterFixture.address("h.com"));
    assertThatThrownBy(() -> new ClusterFixture().with(cluster.build()))
        .isInstanceOf(ConfigException.class)
        .hasMessage("malformed IP address: h.com");
  }

  // ---- proxies

  @Test
  void anEndpointsProxyCountsBeforeItsLocalitys() throws Exception {
    Address near = new Address.Pipe("/near");
    Address far = new Address.Pipe("/far");
    assertThat(proxied(pipe("/near"), pipe("/far")).proxy()).isEqualTo(near);
    assertThat(proxied(null, pipe("/far")).proxy()).isEqualTo(far);
    Host host = proxied(pipe("/near"), null);
    assertThat(host.raced().ordered()).containsExactly(near);
    assertThat(host.addresses().ordered()).as("what is shown").hasSize(2);
    assertThat(warnings).isEmpty();
  }

  @Test
  void whatIsNoAddressIsNoProxyAndSaid() throws Exception {
    Host host = proxied(Node.getDefaultInstance(), pipe("/far"));
    assertThat(host.proxy())
        .as("the locality is not asked: the endpoint has said something")
        .isNull();
    assertThat(host.raced()).isEqualTo(host.addresses());
    assertThat(warnings)
        .singleElement()
        .asString()
        .startsWith("assignment 'a'.endpoints[0]: no proxy is asked: '" + PROXY + "'");
  }

  private Host proxied(@Nullable Message endpoint, @Nullable Message locality) throws Exception {
    ClusterLoadAssignment.Builder assignment =
        TextFormat.parse(
            "endpoints { " + endpoint(V4 + additional(V6)) + " }", ClusterLoadAssignment.class)
            .toBuilder();
    var place = assignment.setClusterName("a").getEndpointsBuilder(0);
    if (endpoint != null) {
      place.getLbEndpointsBuilder(0).setMetadata(proxy(endpoint));
    }
    if (locality != null) {
      place.setMetadata(proxy(locality));
    }
    return read(assignment.build()).set().all().get(0);
  }

  private static Metadata proxy(Message address) {
    return Metadata.newBuilder().putTypedFilterMetadata(PROXY, Any.pack(address)).build();
  }

  private static io.envoyproxy.envoy.config.core.v3.Address pipe(String path) {
    var address = io.envoyproxy.envoy.config.core.v3.Address.newBuilder();
    address.getPipeBuilder().setPath(path);
    return address.build();
  }

  // ----

  private static String endpoint(String fields) {
    return "lb_endpoints { endpoint { " + fields + " } } ";
  }

  private static String additional(String... addresses) {
    StringBuilder all = new StringBuilder();
    for (String address : addresses) {
      all.append(" additional_addresses { ").append(address).append(" } ");
    }
    return all.toString();
  }

  private Host only(String endpoint) throws Exception {
    return read("endpoints { " + endpoint + " }").set().all().get(0);
  }

  private Hosts read(String endpoints) throws Exception {
    return read(TextFormat.parse("cluster_name: 'a' " + endpoints, ClusterLoadAssignment.class));
  }

  private Hosts read(ClusterLoadAssignment assignment) throws ConfigException {
    return new AssignmentReader(
            sorting,
            new HostIdentity(false),
            address -> new HostState(address, HostStats.in(new StatsStore(1).root())),
            warnings::add,
            RuntimeReader.NONE)
        .read(assignment, Hosts.NONE);
  }
}
