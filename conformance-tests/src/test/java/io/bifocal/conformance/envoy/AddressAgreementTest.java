package io.bifocal.conformance.envoy;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.api.BootstrapReader;
import io.bifocal.api.ConfigException;
import io.bifocal.conformance.envoy.ValidatingEnvoy.Verdict;
import io.bifocal.dataplane.Proxy;
import io.bifocal.dataplane.ProxyOptions;
import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Addresses as a cluster can name them, shown to {@code envoy --mode validate} and to our data
 * plane: where connections go, where they come from, where health checks ask.
 */
class AddressAgreementTest {
  private static final String LOCAL =
      "address: {socket_address: {address: 127.0.0.1, port_value: 1}}";

  /** {@code %s} stands for an address that is good. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "address: {socket_address: {address: example.com, port_value: 1}}",
        "address: {socket_address: {address: '[::1]', port_value: 1}}",
        "address: {socket_address: {address: 10.1, port_value: 1}}",
        "address: {socket_address: {address: 010.0.0.1, port_value: 1}}",
        "address: {socket_address: {address: '10.0.0.1%%1', port_value: 1}}",
        "address: {socket_address: {address: 'fe80::1%%', port_value: 1}}",
        "address: {socket_address: {address: 'fe80::1%%no-such', port_value: 1}}",
        "address: {socket_address: {address: 'fe80::1%%-1', port_value: 1}}",
        "address: {socket_address: {address: '::1', named_port: http}}",
        "address: {socket_address: {address: '::1', port_value: 1, resolver_name: r}}",
        "address: {socket_address: {address: '::1', port_value: 1, network_namespace_filepath: /n}}",
        "%s, additional_addresses: [{}]",
        "%s, additional_addresses: [{address: {socket_address: {address: a.b, port_value: 1}}}]",
        "%s, additional_addresses: [{address: {socket_address: {address: '::1', named_port: p}}}]",
        "%s, additional_addresses: [{address: {socket_address: {address: '::1', port_value: 1,"
            + " resolver_name: r}}}]",
        "address: {pipe: {path: /p}}, health_check_config: {port_value: 1}",
        "address: {pipe: {path: /p}}, health_check_config: {port_value: 1, %s}",
        "%s, health_check_config: {address: {socket_address: {address: a.b, port_value: 1}}}",
        "%s, health_check_config: {address: {socket_address: {address: '::1', named_port: p}}}",
      })
  void anEndpointIsRefusedInTheSameWords(String fields) throws IOException, InterruptedException {
    refusedInTheSameWords(endpoint(fields.formatted(LOCAL)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "source_address: {address: a.b, port_value: 0}",
        "source_address: {address: '::1', named_port: p}",
        "source_address: {address: '::1', port_value: 0, resolver_name: r}",
        "extra_source_addresses: [{address: {address: '::1', port_value: 0}}]",
        "additional_source_addresses: [{address: '::1', port_value: 0}]",
        "%s, extra_source_addresses: [{address: {address: 127.0.0.2, port_value: 0}}]",
        "%s, additional_source_addresses: [{address: 127.0.0.2, port_value: 0}]",
        "%s, extra_source_addresses: [{address: {address: '::1', port_value: 0}}, {address:"
            + " {address: '::2', port_value: 0}}]",
        "%s, additional_source_addresses: [{address: '::1', port_value: 0}, {address: '::2',"
            + " port_value: 0}]",
        "%s, extra_source_addresses: [{address: {address: '::1', port_value: 0}}],"
            + " additional_source_addresses: [{address: '::1', port_value: 0}]",
        "%s, extra_source_addresses: [{address: {address: a.b, port_value: 0}}]",
      })
  void aBindConfigIsRefusedInTheSameWordsWhereverItStands(String fields)
      throws IOException, InterruptedException {
    String bind = fields.formatted("source_address: {address: 127.0.0.1, port_value: 0}");
    refusedInTheSameWords(cluster("upstream_bind_config: {" + bind + "}"));
    refusedInTheSameWords(ofBootstrap(bind) + endpoint(LOCAL));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "%s, additional_addresses: [{%s}, {%s}]",
        "%s, additional_addresses: [{address: {pipe: {path: /p, mode: 438}}}]",
        "%s, additional_addresses: [{address: {pipe: {path: '@p'}}}]",
        "address: {pipe: {path: /p}}, additional_addresses: [{%s}]",
        "%s, additional_addresses: [{address: {socket_address: {address: '::ffff:10.0.0.1',"
            + " port_value: 1}}}]",
        "%s, additional_addresses: [{address: {socket_address: {address: 'fe80::1%%lo', port_value:"
            + " 1}}}]",
        "%s, additional_addresses: [{address: {socket_address: {address: 'fe80::1%%99', port_value:"
            + " 1}}}]",
        "%s, additional_addresses: [{address: {socket_address: {address: 'fe80::1%%0', port_value:"
            + " 1}}}]",
        "%s, additional_addresses: [{address: {socket_address: {address: '::', port_value: 0,"
            + " protocol: UDP, resolver_name: envoy.ip, ipv4_compat: true}}}]",
        "%s, health_check_config: {port_value: 1, %s, hostname: h, disable_active_health_check:"
            + " true}",
        "%s, health_check_config: {address: {pipe: {path: /p}}}",
      })
  void anEndpointIsTakenByBoth(String fields) throws IOException, InterruptedException {
    takenByBoth(endpoint(fields.replace("%s", LOCAL).replace("%%", "%")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "upstream_bind_config: {}",
        "upstream_bind_config: {freebind: false}",
        "upstream_bind_config: {source_address: {address: '::1', port_value: 0},"
            + " extra_source_addresses: [{address: {address: 127.0.0.1, port_value: 7}}]}",
        "upstream_bind_config: {source_address: {address: '::1', port_value: 0},"
            + " additional_source_addresses: [{address: 127.0.0.1, port_value: 7}]}",
        "upstream_connection_options: {happy_eyeballs_config: {first_address_family_version: 3}}",
        "upstream_connection_options: {happy_eyeballs_config: {first_address_family_version: 4,"
            + " first_address_family_count: 3}}",
        "upstream_connection_options: {tcp_keepalive: {}}",
        "upstream_connection_options: {tcp_keepalive: {keepalive_probes: 0, keepalive_time: 1,"
            + " keepalive_interval: 32767}}",
        "type: STRICT_DNS, upstream_bind_config: {source_address: {address: '::1', port_value: 0}}",
      })
  void aClusterIsTakenByBoth(String fields) throws IOException, InterruptedException {
    takenByBoth(cluster(fields));
  }

  @ParameterizedTest
  @ValueSource(strings = {"source_address: {address: a.b, port_value: 0}", ""})
  void theBootstrapsBindConfigConcernsThoseWithoutOneOfTheirOwn(String fields)
      throws IOException, InterruptedException {
    takenByBoth(ofBootstrap(fields) + cluster("upstream_bind_config: {}"));
    takenByBoth(ofBootstrap(fields));
  }

  private static void refusedInTheSameWords(String yaml) throws IOException, InterruptedException {
    Verdict envoy = ValidatingEnvoy.show(yaml);
    Verdict ours = ours(yaml);
    assertThat(envoy.accepted()).as("Envoy").isFalse();
    assertThat(ours.accepted()).as("we").isFalse();
    assertThat(envoy.text()).contains(ours.text());
  }

  private static void takenByBoth(String yaml) throws IOException, InterruptedException {
    assertThat(ValidatingEnvoy.show(yaml).accepted()).as("Envoy").isTrue();
    assertThat(ours(yaml)).isEqualTo(new Verdict(true, ""));
  }

  private static Verdict ours(String yaml) {
    try {
      Proxy.validate(
          new BootstrapReader(false).readYaml(yaml, "--config-yaml"), ProxyOptions.defaults());
      return new Verdict(true, "");
    } catch (ConfigException e) {
      return new Verdict(false, e.reason());
    }
  }

  private static String endpoint(String fields) {
    return clusters(
        "load_assignment: {cluster_name: a, endpoints: [{lb_endpoints: [{endpoint: {"
            + fields
            + "}}]}]}");
  }

  private static String cluster(String fields) {
    return clusters(
        fields
            + ", load_assignment: {cluster_name: a, endpoints: [{lb_endpoints: [{endpoint: {"
            + LOCAL
            + "}}]}]}");
  }

  private static String clusters(String fields) {
    return "static_resources: {clusters: [{name: a, connect_timeout: 1s, " + fields + "}]}\n";
  }

  private static String ofBootstrap(String bind) {
    return "cluster_manager: {upstream_bind_config: {" + bind + "}}\n";
  }
}
