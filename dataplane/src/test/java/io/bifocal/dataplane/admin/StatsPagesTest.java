package io.bifocal.dataplane.admin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.re2j.Pattern;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.stats.Histogram;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.stats.StatsStore;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.util.Iterator;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Expected lines are Envoy 1.40's own, for statistics with the same values. */
class StatsPagesTest {
  private final StatsStore store = new StatsStore(1);

  @BeforeEach
  void twoClusters() {
    Scope a = store.root().tagged("cluster", "envoy.cluster_name", "a");
    Scope b = store.root().tagged("cluster", "envoy.cluster_name", "b");
    Histogram connect = a.histogram("upstream_cx_connect_ms", Histogram.Unit.MILLISECONDS);
    connect.record(StatsStore.CONTROL, 0);
    connect.record(StatsStore.CONTROL, 0);
    var unused = b.histogram("upstream_cx_connect_ms", Histogram.Unit.MILLISECONDS);
    a.counter("upstream_rq_404").add(2);
    a.counter("upstream_rq_503").add(1);
    b.counter("upstream_rq_503").add(1);
    a.counter("upstream_rq_4xx").add(2);
    a.gauge("membership_total").set(2);
    // Made, and touched by nobody.
    var unusedCell = a.counter("bind_errors").at(1);
    store.endInterval();
  }

  private static StatsQuery query(String target) throws ConfigException {
    return StatsQuery.of(Request.of("GET", target));
  }

  private String text(String target) throws ConfigException {
    return together(StatsText.print(store, query(target)));
  }

  private String json(String target) throws ConfigException {
    return together(StatsJson.print(store, query(target)));
  }

  private String prometheus(String target) throws ConfigException {
    Request request = Request.of("GET", target);
    return together(Prometheus.print(store, StatsQuery.of(request), request.has("text_readouts")));
  }

  static String golden(String name) throws IOException {
    try (InputStream in = StatsPagesTest.class.getResourceAsStream(name)) {
      return new String(Objects.requireNonNull(in, name).readAllBytes(), UTF_8);
    }
  }

  /** Scopes that a filter rules out by its beginning are passed over; no other name is missed. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "^cluster.a.upstream_rq_404$",
        "^cluster\\.b\\.",
        "^clus",
        "^cluster",
        "^clusterx*.a",
        "^x|bind_errors",
        "^(x|cluster.a.bind)",
        "^cluster_manager.cds",
        "^cluster.b|^cluster.a",
        "^.*404",
        "^nothing.at.all"
      })
  void a_filter_finds_what_a_look_at_all_finds(String filter) throws ConfigException {
    store.root().counter("cluster_manager.cds.update_attempt").inc();
    store.root().counter("clusters").inc();
    String all = text("/stats");
    Pattern pattern = Pattern.compile(filter);
    String expected =
        all.lines()
            .filter(line -> pattern.matcher(line.substring(0, line.indexOf(": "))).find())
            .map(line -> line + "\n")
            .collect(Collectors.joining());

    String encoded = URLEncoder.encode(filter, UTF_8);
    assertThat(text("/stats?filter=" + encoded)).isEqualTo(expected);
    assertThat(text("/stats?invert_filter&filter=" + encoded).length())
        .isEqualTo(all.length() - expected.length());
  }

  @Test
  void text_has_numbers_by_name_and_then_histograms() throws ConfigException {
    store.root().text("cluster_manager.cds.version_text").set("1");
    store
        .root()
        .gauge("cluster_manager.cds.version")
        .set(Long.parseUnsignedLong("13237225503670494420"));

    assertThat(text("/stats"))
        .isEqualTo(
            """
            cluster_manager.cds.version_text: "1"
            cluster.a.bind_errors: 0
            cluster.a.membership_total: 2
            cluster.a.upstream_rq_404: 2
            cluster.a.upstream_rq_4xx: 2
            cluster.a.upstream_rq_503: 1
            cluster.b.upstream_rq_503: 1
            cluster_manager.cds.version: 13237225503670494420
            cluster.a.upstream_cx_connect_ms: P0(0,0) P25(0,0) P50(0,0) P75(0,0) P90(0,0) P95(0,0)\
             P99(0,0) P99.5(0,0) P99.9(0,0) P100(0,0)
            cluster.b.upstream_cx_connect_ms: No recorded values
            """);
  }

  @Test
  void an_interval_without_values_is_not_a_number() throws ConfigException {
    store.endInterval();

    assertThat(text("/stats?filter=cluster.a.upstream_cx"))
        .startsWith("cluster.a.upstream_cx_connect_ms: P0(nan,0) P25(nan,0) ");
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "/stats?usedonly&type=Counters&filter=cluster.a|cluster.a.upstream_rq_404: 2;"
            + "cluster.a.upstream_rq_4xx: 2;cluster.a.upstream_rq_503: 1;",
        "/stats?type=Gauges|cluster.a.membership_total: 2;",
        "/stats?type=TextReadouts|''",
        "/stats?filter=^cluster.b.*503$|cluster.b.upstream_rq_503: 1;",
        "/stats?filter=cluster.a&invert_filter&type=Counters|cluster.b.upstream_rq_503: 1;",
        "/stats?filter=nomatch|''",
        "/stats?usedonly&filter=b.*connect_ms|''",
        "/stats?filter=b.*connect_ms|cluster.b.upstream_cx_connect_ms: No recorded values;",
        "/stats?filter=cluster.a.*connect_ms&histogram_buckets=cumulative|"
            + "cluster.a.upstream_cx_connect_ms: B0.5(2,2) B1(2,2) B5(2,2) B10(2,2) B25(2,2)"
            + " B50(2,2) B100(2,2) B250(2,2) B500(2,2) B1000(2,2) B2500(2,2) B5000(2,2)"
            + " B10000(2,2) B30000(2,2) B60000(2,2) B300000(2,2) B600000(2,2) B1.8e+06(2,2)"
            + " B3.6e+06(2,2);",
        "/stats?filter=cluster.a.*connect_ms&histogram_buckets=disjoint|"
            + "cluster.a.upstream_cx_connect_ms: B0.5(2,2) B1(0,0) B5(0,0) B10(0,0) B25(0,0)"
            + " B50(0,0) B100(0,0) B250(0,0) B500(0,0) B1000(0,0) B2500(0,0) B5000(0,0)"
            + " B10000(0,0) B30000(0,0) B60000(0,0) B300000(0,0) B600000(0,0) B1.8e+06(0,0)"
            + " B3.6e+06(0,0);",
      },
      delimiter = '|')
  void a_query_chooses(String target, String expected) throws ConfigException {
    assertThat(text(target)).isEqualTo(expected.replace(';', '\n'));
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "/stats?filter=%5B|Invalid re2 regex: missing ]: [",
        "/stats?type=x|invalid &type= param",
      },
      delimiter = '|')
  void a_query_with_a_mistake_is_refused_in_envoys_words(String target, String reason) {
    assertThatThrownBy(() -> query(target)).hasMessage(reason);
  }

  @Test
  void json_has_numbers_and_quantiles() throws ConfigException {
    assertThat(json("/stats?filter=nomatch")).isEqualTo("{\"stats\":[]}");
    assertThat(json("/stats?type=Gauges"))
        .isEqualTo("{\"stats\":[{\"name\":\"cluster.a.membership_total\",\"value\":2}]}");
    String none = "{\"cumulative\":null,\"interval\":null}";
    assertThat(json("/stats?filter=cluster.b.upstream_cx"))
        .isEqualTo(
            "{\"stats\":[{\"histograms\":{\"supported_quantiles\":[0,25,50,75,90,95,99,99.5,99.9,"
                + "100],\"computed_quantiles\":[{\"name\":\"cluster.b.upstream_cx_connect_ms\","
                + "\"values\":["
                + (none + ",").repeat(9)
                + none
                + "]}]}}]}");
    assertThat(json("/stats?filter=cluster.a.upstream_cx&histogram_buckets=cumulative"))
        .startsWith(
            "{\"stats\":[{\"histograms\":[{\"name\":\"cluster.a.upstream_cx_connect_ms\","
                + "\"buckets\":[{\"upper_bound\":0.5,\"interval\":2,\"cumulative\":2},"
                + "{\"upper_bound\":1,\"interval\":2,\"cumulative\":2},");
    assertThat(json("/stats?filter=cluster.a.upstream_cx&histogram_buckets=detailed"))
        .contains("\"totals\":[{\"lower_bound\":0,\"width\":1,\"count\":2}]");
  }

  @Test
  void prometheus_has_envoys_histogram() throws Exception {
    assertThat(prometheus("/stats/prometheus?filter=connect_ms"))
        .isEqualTo(golden("connect_ms.prom"));
  }

  @Test
  void prometheus_groups_by_name_and_takes_tags_out_of_it() throws ConfigException {
    store
        .root()
        .tagged("listener", "envoy.listener_address", "127.0.0.1_19902")
        .tagged("http", "envoy.http_conn_manager_prefix", "ingress")
        .counter("downstream_rq_2xx")
        .inc();
    store.root().scope("server").gauge("live").set(1);

    assertThat(prometheus("/stats/prometheus?usedonly&filter=rq_|server|total"))
        .isEqualTo(
            """
            # TYPE envoy_cluster_upstream_rq counter
            envoy_cluster_upstream_rq{envoy_response_code="404",envoy_cluster_name="a"} 2
            envoy_cluster_upstream_rq{envoy_response_code="503",envoy_cluster_name="a"} 1
            envoy_cluster_upstream_rq{envoy_response_code="503",envoy_cluster_name="b"} 1
            # TYPE envoy_cluster_upstream_rq_xx counter
            envoy_cluster_upstream_rq_xx{envoy_response_code_class="4",envoy_cluster_name="a"} 2
            # TYPE envoy_listener_http_downstream_rq_xx counter
            envoy_listener_http_downstream_rq_xx{envoy_response_code_class="2",\
            envoy_http_conn_manager_prefix="ingress",envoy_listener_address="127.0.0.1_19902"} 1
            # TYPE envoy_cluster_membership_total gauge
            envoy_cluster_membership_total{envoy_cluster_name="a"} 2
            # TYPE envoy_server_live gauge
            envoy_server_live{} 1
            """);
  }

  @Test
  void prometheus_escapes_what_a_configuration_names() throws ConfigException {
    store.root().tagged("cluster", "envoy.cluster_name", "\"\\\n").counter("x").inc();

    assertThat(prometheus("/stats/prometheus?filter=x$"))
        .contains("envoy_cluster_x{envoy_cluster_name=\"\\\"\\\\\\n\"} 1\n");
  }

  @Test
  void prometheus_shows_texts_when_asked() throws ConfigException {
    store.root().text("control_plane.identifier").set("cp");

    assertThat(prometheus("/stats/prometheus")).doesNotContain("control_plane");
    assertThat(prometheus("/stats/prometheus?text_readouts"))
        .contains(
            """
            # TYPE envoy_control_plane_identifier gauge
            envoy_control_plane_identifier{text_value="cp"} 0
            """);
  }

  private static String together(Iterator<CharSequence> pieces) {
    StringBuilder text = new StringBuilder();
    pieces.forEachRemaining(text::append);
    return text.toString();
  }
}
