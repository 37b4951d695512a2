package io.bifocal.conformance.envoy;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.api.BootstrapReader;
import io.bifocal.api.ConfigException;
import io.bifocal.conformance.envoy.ValidatingEnvoy.Verdict;
import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same bootstrap shown to {@code envoy --mode validate} and to our reader. */
class ConfigurationAgreementTest {
  private static final String CONSTRAINT = "Proto constraint validation failed (";
  private static final String DURATION = "Invalid duration: ";

  private static Verdict ours(String yaml) {
    try {
      var unused = new BootstrapReader(false).readYaml(yaml, "--config-yaml");
      return new Verdict(true, "");
    } catch (ConfigException e) {
      return new Verdict(false, e.reason());
    }
  }

  private static String cluster(String fields) {
    return "static_resources: {clusters: [{" + fields + "}]}";
  }

  /** What both say of a rule, without what stands before it. */
  private static String rule(String text) {
    int constraint = text.lastIndexOf(CONSTRAINT);
    return constraint < 0 ? text : text.substring(constraint);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "name: a, type: 77",
        "name: a, connect_timeout: 0s",
        "name: a, load_assignment: {cluster_name: a, endpoints: [{priority: 200}]}",
        "name: a, load_assignment: {cluster_name: a, policy: {overprovisioning_factor: 0}}",
        "name: a, load_assignment: {}",
        "name: a, load_assignment: {cluster_name: a, endpoints: [{lb_endpoints: [{endpoint:"
            + " {address: {}}}]}]}",
        "name: a, common_lb_config: {healthy_panic_threshold: {value: 101}}",
        "name: a, common_lb_config: {healthy_panic_threshold: {value: -0.5}}",
        "name: a, health_checks: [{}]",
        "name: a, health_checks: [{timeout: 1s, interval: 1s, healthy_threshold: 1}]",
        "name: a, health_checks: [{timeout: 1s, interval: 1s, healthy_threshold: 1,"
            + " unhealthy_threshold: 1}]",
        "name: a, health_checks: [{timeout: 1s, interval: 1s, healthy_threshold: 1,"
            + " unhealthy_threshold: 1, http_health_check: {path: \"/\\n\"}}]",
        "name: a, health_checks: [{timeout: 1s, interval: 1s, healthy_threshold: 1,"
            + " unhealthy_threshold: 1, http_health_check: {path: /, request_headers_to_remove:"
            + " [\"a\\rb\"]}}]",
        "name: a, health_checks: [{timeout: 1s, interval: 1s, healthy_threshold: 1,"
            + " unhealthy_threshold: 1, http_health_check: {path: /, request_headers_to_add:"
            + " [{append_action: 9, header: {key: a}}]}}]",
        "name: a, health_checks: [{timeout: 1s, interval: 1s, healthy_threshold: 1,"
            + " unhealthy_threshold: 1, http_health_check: {path: /, expected_statuses: [{}],"
            + " request_headers_to_add: [{}]}}]",
        "name: a, metadata: {filter_metadata: {\"\": {}}}",
        "name: a, load_balancing_policy: {policies: [{typed_extension_config: {name: a}}]}",
        "name: a, lb_policy: RING_HASH, ring_hash_lb_config: {maximum_ring_size: 8388609}",
        "name: a, least_request_lb_config: {choice_count: 1}",
        "name: a, preconnect_policy: {per_upstream_preconnect_ratio: 3.5}",
        "name: a, upstream_connection_options: {happy_eyeballs_config: {first_address_family_count:"
            + " 0}}",
        "name: a, outlier_detection: {max_ejection_percent: 101}",
        "name: a, dns_refresh_rate: 0s",
        "name: a, lb_subset_config: {fallback_policy: 7}",
        "name: a, cluster_type: {}",
        "name: a, transport_socket_matches: [{}]",
        "name: a, filters: [{}]",
        "name: a, dns_failure_refresh_rate: {}",
        "name: a, common_lb_config: {override_host_status: {statuses: [HEALTHY, 99]}}",
      })
  void aClusterThatBreaksARuleIsRefusedInTheSameWords(String fields)
      throws IOException, InterruptedException {
    refusedInTheSameWords(cluster(fields.equals("{}") ? "" : fields));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "admin: {address: {socket_address: {address: 127.0.0.1, port_value: 70000}}}",
        "admin: {address: {socket_address: {address: '', port_value: 1}}}",
        "admin: {address: {socket_address: {address: 127.0.0.1}}}",
        "admin: {address: {}}",
        "stats_flush_interval: 0.0001s",
        "stats_flush_interval: 301s",
        "stats_config: {histogram_bucket_settings: [{match: {prefix: a}, buckets: [0]}]}",
        "stats_config: {histogram_bucket_settings: [{match: {prefix: a}, buckets: [1, 2, 1]}]}",
        "stats_config: {histogram_bucket_settings: [{match: {}, buckets: [1]}]}",
        "stats_config: {histogram_bucket_settings: [{buckets: [1]}]}",
        "overload_manager: {}",
        "layered_runtime: {layers: [{}]}",
        "layered_runtime: {layers: [{name: a}]}",
        "dynamic_resources: {ads_config: {api_type: 9}}",
        "dynamic_resources: {ads_config: {api_type: GRPC, rate_limit_settings: {fill_rate: 0}}}",
        "dynamic_resources: {ads_config: {api_type: GRPC, grpc_services: [{}]}}",
        "dynamic_resources: {cds_config: {}}",
        "hds_config: {api_type: 12}",
        "static_resources: {secrets: [{generic_secret: {secret: {inline_string: ''}}}], clusters:"
            + " [{}]}",
        "static_resources: {listeners: [{filter_chains: [{filter_chain_match: {source_ports:"
            + " [0]}}]}]}",
        "static_resources: {listeners: [{filter_chains: [{filter_chain_match: {source_ports:"
            + " [65536]}}]}]}",
        "static_resources: {listeners: [{filter_chains: [{filters: [{}]}]}]}",
        "static_resources: {listeners: [{udp_listener_config: {downstream_socket_config:"
            + " {max_rx_datagram_size: 65536}}}]}",
        "static_resources: {listeners: [{filter_chains: [{filter_chain_match: {prefix_ranges:"
            + " [{address_prefix: a, prefix_len: 129}]}}]}]}",
      })
  void aBootstrapThatBreaksARuleIsRefusedInTheSameWords(String yaml)
      throws IOException, InterruptedException {
    refusedInTheSameWords(yaml);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "type: 3",
        "connect_timeout: 0.001s",
        "load_assignment: {cluster_name: a, endpoints: [{priority: 128}]}",
        "load_assignment: {cluster_name: a, policy: {overprovisioning_factor: 1}}",
        "load_assignment: {cluster_name: a, endpoints: [{lb_endpoints: [{load_balancing_weight: 1,"
            + " endpoint: {address: {pipe: {path: /a}}}}]}]}",
        "common_lb_config: {healthy_panic_threshold: {value: 100}}",
        "common_lb_config: {healthy_panic_threshold: {value: 0}}",
        "common_lb_config: {override_host_status: {statuses: [HEALTHY]}}",
        "health_checks: [{timeout: 1s, interval: 1s, healthy_threshold: 1, unhealthy_threshold: 1,"
            + " http_health_check: {path: /, request_headers_to_remove: [a]}}]",
        "metadata: {filter_metadata: {a: {}}}",
        "lb_policy: RING_HASH, ring_hash_lb_config: {maximum_ring_size: 8388608}",
        "least_request_lb_config: {choice_count: 2}",
        "preconnect_policy: {per_upstream_preconnect_ratio: 3}",
        "dns_failure_refresh_rate: {base_interval: 1s}",
      })
  void aClusterThatKeepsEveryRuleIsTakenByBoth(String fields)
      throws IOException, InterruptedException {
    breaksNoRule(cluster("name: a, " + fields));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "stats_flush_interval: 0.001s",
        "stats_flush_interval: 299.999s",
        "stats_config: {histogram_bucket_settings: [{match: {prefix: a}, buckets: [1, 2]}]}",
        "dynamic_resources: {ads_config: {api_type: GRPC, rate_limit_settings: {fill_rate: 0.5}}}",
        "static_resources: {listeners: [{filter_chains: [{filter_chain_match: {source_ports: [1,"
            + " 65535]}}]}]}",
        "static_resources: {listeners: [{udp_listener_config: {downstream_socket_config:"
            + " {max_rx_datagram_size: 65535}}}]}",
      })
  void aBootstrapThatKeepsEveryRuleIsTakenByBoth(String yaml)
      throws IOException, InterruptedException {
    breaksNoRule(yaml);
  }

  // Envoy may have other reasons not to run such a bootstrap; a rule is not among them.
  private static void breaksNoRule(String yaml) throws IOException, InterruptedException {
    assertThat(ValidatingEnvoy.show(yaml).text())
        .doesNotContain(CONSTRAINT)
        .doesNotContain("INVALID_ARGUMENT");
    assertThat(ours(yaml).text()).isEmpty();
  }

  private static void refusedInTheSameWords(String yaml) throws IOException, InterruptedException {
    Verdict envoy = ValidatingEnvoy.show(yaml);
    assertThat(envoy.text()).as("Envoy").contains(CONSTRAINT);
    assertThat(rule(ours(yaml).text())).isEqualTo(rule(envoy.text()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"name: a, connect_timeout: \"-1s\"", "connect_timeout: \"-0.5s\""})
  void aNegativeDurationIsNamedFirstByBoth(String fields) throws IOException, InterruptedException {
    String yaml = cluster(fields);
    assertThat(ValidatingEnvoy.show(yaml).text())
        .contains(DURATION + "Expected positive duration: ");
    assertThat(ours(yaml).text()).contains(DURATION + "Expected positive duration: ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "node: {id: n}",
        "node: {id: 'n'}",
        "node: {id: 123}",
        "node: {id: 1.5}",
        "node: {id: 0x1f}",
        "node: {id: 1_000}",
        "node: {id: .inf}",
        "node: {id: !!str 12}",
        "node: {id: null}",
        "node: {id: ~}",
        "node: {id: {a: b}}",
        "node: [a]",
        "node: abc",
        "node: {metadata: {a: [1, {b: c}]}}",
        "!ignore x: &a {name: a}\nstatic_resources: {clusters: [*a]}",
        "static_resources: null",
        "static_resources: {clusters: {name: a}}",
        "staticResources: {}",
        "x-templates: {}",
        "abc",
        "[]",
        "admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0x10}}}",
      })
  void bothReadTheSameYaml(String yaml) throws IOException, InterruptedException {
    assertThat(ours(yaml).accepted()).isEqualTo(ValidatingEnvoy.show(yaml).accepted());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "connect_timeout: {nanos: 5000000}",
        "connect_timeout: 5",
        "connect_timeout: 5s",
        "connect_timeout: 5ms",
        "connect_timeout: 0.0000000001s",
        "connect_timeout: 99999999999999s",
        "type: static",
        "type: Static",
        "type: 0",
        "type: \"0\"",
        "type: NOPE",
        "type: STATIC, cluster_type: {name: x}",
        "per_connection_buffer_limit_bytes: {value: 3}",
        "per_connection_buffer_limit_bytes: 3.0",
        "per_connection_buffer_limit_bytes: 3.5",
        "per_connection_buffer_limit_bytes: 1e3",
        "per_connection_buffer_limit_bytes: \"12\"",
        "per_connection_buffer_limit_bytes: 010",
        "per_connection_buffer_limit_bytes: -1",
        "per_connection_buffer_limit_bytes: \"\"",
        "per_connection_buffer_limit_bytes: 4294967296",
        "per_connection_buffer_limit_bytes: [1]",
        "ignore_health_on_host_removal: yes",
        "ignore_health_on_host_removal: On",
        "ignore_health_on_host_removal: yEs",
        "ignore_health_on_host_removal: \"true\"",
        "ignore_health_on_host_removal: \"yes\"",
        "ignore_health_on_host_removal: \"1\"",
        "ignore_health_on_host_removal: T",
        "ignore_health_on_host_removal: \"on\"",
        "ignore_health_on_host_removal: 1",
        "common_lb_config: {healthy_panic_threshold: {value: \"12.5\"}}",
        "common_lb_config: {healthy_panic_threshold: {value: .nan}}",
        "connect_timeot: 1s",
        "transport_socket: {name: x, typed_config: {foo: 1}}",
        "transport_socket: {name: x, typed_config: {\"@type\": type.googleapis.com/a.B}}",
        "transport_socket: {name: x, typed_config: {\"@type\":"
            + " envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer}}",
        "transport_socket: {name: x, typed_config: {\"@type\":"
            + " type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer}}",
        "transport_socket: {name: x, typed_config: {\"@type\":"
            + " type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer, q:"
            + " 1}}",
        "health_checks: {timeout: 1s, interval: 1s, unhealthy_threshold: 1, healthy_threshold: 1,"
            + " tcp_health_check: {send: {binary: _-8}}}",
        "health_checks: {timeout: 1s, interval: 1s, unhealthy_threshold: 1, healthy_threshold: 1,"
            + " tcp_health_check: {send: {binary: '!!!'}}}",
      })
  void bothReadTheSameCluster(String fields) throws IOException, InterruptedException {
    String yaml = cluster("name: a, " + fields);
    assertThat(ours(yaml).accepted()).isEqualTo(ValidatingEnvoy.show(yaml).accepted());
  }

  /** So one configuration serves both, and Envoy writes a hyphen or null. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{text_format_source: {inline_string: \"%DYNAMIC_METADATA(bifocal.connect:winner)%\"}}",
        "{text_format_source: {inline_string: \"%DYNAMIC_METADATA(bifocal.connect):80%\"}}",
        "{json_format: {race: {all: \"%DYNAMIC_METADATA(bifocal.connect)%\","
            + " tries: \"%DYNAMIC_METADATA(bifocal.connect:attempts)%\"}}}",
      })
  void bothTakeWhatIsToldOfARace(String format) throws IOException, InterruptedException {
    String yaml =
        "admin: {access_log: [{name: f, typed_config: {\"@type\": type.googleapis.com/"
            + "envoy.extensions.access_loggers.file.v3.FileAccessLog, path: /dev/null,"
            + " log_format: "
            + format
            + "}}]}";
    assertThat(ValidatingEnvoy.show(yaml).accepted()).isTrue();
    assertThat(ours(yaml).accepted()).isTrue();
  }
}
