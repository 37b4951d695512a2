package io.bifocal.conformance.envoy;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.api.BootstrapReader;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.extension.ExtensionConfigs;
import io.bifocal.dataplane.http.filter.FilterChainReader;
import io.bifocal.dataplane.http.filter.HttpFilters;
import io.bifocal.dataplane.http.filter.UpstreamChainReader;
import io.bifocal.dataplane.http.filter.buffer.BufferFactory;
import io.bifocal.dataplane.http.filter.headermutation.HeaderMutationFactory;
import io.bifocal.dataplane.http.filter.rbac.RbacFactory;
import io.bifocal.dataplane.init.InitManager;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.xds.testing.ScriptedSubscriptions;
import io.bifocal.xds.time.VirtualTime;
import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Filters towards upstreams that can be and that cannot, of clusters and of routers, shown to
 * {@code envoy --mode validate} and to our reader.
 */
class UpstreamFiltersAgreementTest {
  private static final String TYPE =
      "{name: $1, IS typed_config: {\"@type\": type.googleapis.com/envoy.extensions.filters.http.$1.v3.$2}}";

  /** {@code kind(Message)} and {@code kind(Message, field: value)} as filters. */
  private static String written(String filters) {
    return filters
        .replaceAll("(\\w+)\\((\\w+), ([^)]*)\\)", TYPE.replace("IS", "$3,"))
        .replaceAll("(\\w+)\\((\\w+)\\)", TYPE.replace("IS", ""));
  }

  private static String ofCluster(String filters) {
    return """
        static_resources:
          clusters:
          - name: a
            type: STATIC
            load_assignment: {cluster_name: a}
            typed_extension_protocol_options:
              envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
                "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
                explicit_http_config: {http_protocol_options: {}}
                http_filters: [%s]
        """
        .formatted(filters);
  }

  private static String ofRouter(String filters) {
    return """
        static_resources:
          listeners:
          - name: l
            address: {socket_address: {address: 127.0.0.1, port_value: 0}}
            filter_chains:
            - filters:
              - name: hcm
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                  stat_prefix: p
                  route_config: {}
                  http_filters: [{name: r, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router, upstream_http_filters: [%s]}}]
        """
        .formatted(filters);
  }

  private static String ours(boolean cluster, String filters) throws Exception {
    BootstrapReader reader = new BootstrapReader(false);
    VirtualTime time = new VirtualTime();
    StatsStore stats = new StatsStore(1);
    UpstreamChainReader chains =
        new UpstreamChainReader(
            new FilterChainReader(
                new HttpFilters()
                    .register(new HeaderMutationFactory())
                    .register(new BufferFactory())
                    .register(new RbacFactory()),
                new ExtensionConfigs(new ScriptedSubscriptions(), stats, time),
                RuntimeReader.NONE));
    InitManager init = new InitManager("test");
    try {
      if (cluster) {
        chains
            .read(
                reader
                    .readYaml(
                        "{explicit_http_config: {http_protocol_options: {}}, http_filters: ["
                            + filters
                            + "]}",
                        "test",
                        HttpProtocolOptions.getDefaultInstance())
                    .getHttpFiltersList(),
                "a",
                stats.root(),
                init)
            .close();
      } else {
        chains
            .ofRouter(
                reader
                    .readYaml(
                        "upstream_http_filters: [" + filters + "]",
                        "test",
                        Router.getDefaultInstance())
                    .getUpstreamHttpFiltersList(),
                "a",
                stats.root(),
                init)
            .close();
      }
      return "taken";
    } catch (ConfigException e) {
      return e.reason();
    }
  }

  private static void assertTheSame(String bootstrap, String ours) throws Exception {
    ValidatingEnvoy.Verdict envoy = ValidatingEnvoy.show(bootstrap);
    assertThat(envoy.accepted() ? "taken" : envoy.text()).contains(ours);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "header_mutation(HeaderMutation), upstream_codec(UpstreamCodec)",
        "buffer(Buffer), upstream_codec(UpstreamCodec)",
        "rbac(RBAC), header_mutation(HeaderMutation), header_mutation(HeaderMutation), upstream_codec(UpstreamCodec)",
        "upstream_codec(UpstreamCodec)",
        "upstream_codec(UpstreamCodec), header_mutation(HeaderMutation)",
        "upstream_codec(UpstreamCodec), upstream_codec(UpstreamCodec)",
        "header_mutation(HeaderMutation)",
        "header_mutation(HeaderMutation), upstream_codec(UpstreamCodec, disabled: true)",
        "header_mutation(HeaderMutation, disabled: true), upstream_codec(UpstreamCodec)",
        "cors(Cors), upstream_codec(UpstreamCodec)",
        "cors(Cors, is_optional: true), upstream_codec(UpstreamCodec)",
        "fault(HTTPFault), upstream_codec(UpstreamCodec)",
        "local_ratelimit(LocalRateLimit), upstream_codec(UpstreamCodec)",
        "health_check(HealthCheck), upstream_codec(UpstreamCodec)",
        "on_demand(OnDemand), upstream_codec(UpstreamCodec)",
        "router(Router)",
        "{name: un}, upstream_codec(UpstreamCodec)",
        "{name: un, config_discovery: {config_source: {path_config_source: {path: /dev/null}}, type_urls: [type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors]}}, upstream_codec(UpstreamCodec)",
        "header_mutation(HeaderMutation), {name: un, config_discovery: {config_source: {path_config_source: {path: /dev/null}}, type_urls: [type.googleapis.com/envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec]}}",
      })
  void theyAreTakenOrRefusedInTheSameWords(String filters) throws Exception {
    String written =
        written(filters)
            .replace("v3.Buffer", "v3.Buffer, max_request_bytes: 5")
            .replace("v3.LocalRateLimit", "v3.LocalRateLimit, stat_prefix: a")
            .replace("v3.HealthCheck", "v3.HealthCheck, pass_through_mode: false");
    assertTheSame(ofCluster(written), ours(true, written));
    if (!filters.contains("config_discovery")) {
      assertTheSame(ofRouter(written), ours(false, written));
    }
  }
}
