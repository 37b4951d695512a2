package io.bifocal.dataplane.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.bifocal.xds.time.VirtualTime;
import io.envoyproxy.envoy.admin.v3.ServerInfo;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class StatisticsTest {
  private final StatsStore store = new StatsStore(2);
  private final Scope root = store.root();

  @Test
  void a_counter_is_the_sum_of_its_shards() {
    Counter counter = root.counter("c");
    counter.inc();
    counter.at(1).add(5);
    counter.at(2).inc();

    assertThat(counter.value()).isEqualTo(7);
  }

  @Test
  void a_statistic_is_used_once_it_was_written_and_not_when_somebody_got_hold_of_it() {
    Counter counter = root.counter("c");
    Cell cell = counter.at(1);
    assertThat(counter.used()).isFalse();
    store.resetCounters();
    assertThat(counter.used()).isFalse();

    cell.inc();
    assertThat(counter.used()).isTrue();
    assertThat(counter.value()).isEqualTo(1);

    store.resetCounters();
    assertThat(counter.value()).isZero();
    assertThat(counter.used()).isTrue();
  }

  @Test
  void a_counter_can_be_asked_for_and_still_be_reset() {
    AtomicLong elsewhere = new AtomicLong(3);
    Counter counter = root.counter("c");
    counter.read(elsewhere::get);
    assertThat(counter.value()).isEqualTo(3);
    assertThat(counter.used()).isTrue();

    store.resetCounters();
    assertThat(counter.value()).isZero();
    elsewhere.incrementAndGet();
    assertThat(counter.value()).isEqualTo(1);
  }

  @Test
  void a_gauge_that_came_back_to_zero_is_used() {
    Gauge gauge = root.gauge("g");
    gauge.at(1).inc();
    gauge.at(1).dec();

    assertThat(gauge.value()).isZero();
    assertThat(gauge.used()).isTrue();
  }

  @Test
  void a_histogram_keeps_the_last_interval_apart_from_all() {
    Histogram histogram = root.histogram("h", Histogram.Unit.MILLISECONDS);
    assertThat(histogram.used()).isFalse();
    histogram.record(1, 10);
    histogram.record(2, 20);
    assertThat(histogram.cumulative().getTotalCount()).isEqualTo(2);
    assertThat(histogram.interval().getTotalCount()).isZero();

    store.endInterval();
    histogram.record(1, 30);
    assertThat(histogram.interval().getMaxValue()).isEqualTo(20);
    assertThat(histogram.cumulative().getMaxValue()).isEqualTo(30);

    store.endInterval();
    assertThat(histogram.interval().getTotalCount()).isEqualTo(1);
    assertThat(histogram.interval().getMaxValue()).isEqualTo(30);

    store.endInterval();
    assertThat(histogram.interval().getTotalCount()).isZero();
    assertThat(histogram.cumulative().getTotalCount()).isEqualTo(3);
  }

  @Test
  void a_scope_that_is_gone_takes_its_statistics_along_and_no_others() {
    root.tagged("cluster", "envoy.cluster_name", "a").counter("x").inc();
    root.tagged("cluster", "envoy.cluster_name", "ab").counter("x").inc();
    root.tagged("cluster", "envoy.cluster_name", "a").remove();

    assertThat(store.counters()).extracting(c -> c.name().full()).containsExactly("cluster.ab.x");
  }

  @Test
  void statistics_are_sorted_by_name_whatever_scope_they_were_made_in() {
    Scope cluster = root.tagged("cluster", "envoy.cluster_name", "a.b");
    List<String> names =
        List.of(
            "upstream_cx_total", "circuit_breakers.default.cx_open", "bind_errors", "external.z");
    names.forEach(cluster::counter);
    root.tagged("cluster", "envoy.cluster_name", "a-b").counter("zz");
    root.tagged("cluster", "envoy.cluster_name", "a").counter("c");
    root.scope("cluster").counter("a");
    cluster.scope("ssl").counter("versions", "envoy.ssl_version", "TLSv1.3");
    cluster.scope("ssl").counter("versions", "envoy.ssl_version", "TLSv1.2");
    root.counter("b");

    List<String> listed = store.counters().stream().map(c -> c.name().full()).toList();
    assertThat(listed).isSorted().hasSize(store.counters().size()).hasSize(10);
    assertThat(listed).contains("cluster.a.b.ssl.versions.TLSv1.3", "cluster.a-b.zz", "b");
  }

  @Test
  void a_name_is_one_statistic_from_wherever_it_is_asked_for() {
    Counter version = root.scope("ssl").counter("versions", "envoy.ssl_version", "TLSv1.3");

    assertThat(root.counter("ssl.versions.TLSv1.3")).isSameAs(version);
    assertThat(root.scope("ssl").scope("versions").counter("TLSv1.3")).isSameAs(version);
    assertThat(version.name())
        .isEqualTo(
            new StatName(
                "ssl.versions.TLSv1.3",
                "ssl.versions",
                List.of(new Tag("envoy.ssl_version", "TLSv1.3"))));
  }

  @Test
  void what_a_scope_lists_is_shown_as_zero_until_somebody_makes_it() {
    Listing listing =
        Listing.of(
            scope -> {
              scope.counter("a").inc();
              scope.counter("c").inc();
              scope.gauge("g").set(4);
              scope.histogram("h", Histogram.Unit.BYTES).record(0, 1);
            });
    Scope cluster = root.tagged("cluster", "envoy.cluster_name", "x");
    cluster.list(listing);
    assertThat(store.counters())
        .extracting(c -> c.name().full(), Counter::value, Counter::used)
        .containsExactly(tuple("cluster.x.a", 0L, false), tuple("cluster.x.c", 0L, false));
    assertThat(store.gauges()).extracting(Gauge::value).containsExactly(0L);
    assertThat(store.histograms())
        .extracting(Histogram::unit, Histogram::used)
        .containsExactly(tuple(Histogram.Unit.BYTES, false));

    cluster.counter("c").inc();
    cluster.counter("b").inc();
    assertThat(store.counters())
        .extracting(c -> c.name().full(), Counter::value)
        .containsExactly(
            tuple("cluster.x.a", 0L), tuple("cluster.x.b", 1L), tuple("cluster.x.c", 1L));
    assertThat(store.counters()).allMatch(c -> c.name().tags().size() == 1);

    cluster.remove();
    assertThat(store.counters()).isEmpty();
  }

  @Test
  void a_histogram_keeps_its_intervals_whether_it_has_few_values_or_many() {
    Histogram histogram = root.histogram("h", Histogram.Unit.MILLISECONDS);
    for (int i = 1; i <= 6; i++) {
      histogram.record(0, i);
    }
    store.endInterval();
    for (int i = 7; i <= 12; i++) {
      histogram.record(0, i);
    }
    assertThat(histogram.interval().getTotalCount()).isEqualTo(6);
    assertThat(histogram.interval().getMaxValue()).isEqualTo(6);
    assertThat(histogram.cumulative().getTotalCount()).isEqualTo(12);

    store.endInterval();
    assertThat(histogram.interval().getTotalCount()).isEqualTo(6);
    assertThat(histogram.interval().getMinValue()).isEqualTo(7);
    assertThat(histogram.interval().getMaxValue()).isEqualTo(12);

    store.endInterval();
    assertThat(histogram.interval().getTotalCount()).isZero();
    assertThat(histogram.cumulative().getTotalCount()).isEqualTo(12);
    assertThat(histogram.cumulative().getMaxValue()).isEqualTo(12);
  }

  @Test
  void the_server_is_live_or_not_and_knows_since_when() {
    VirtualTime loop = new VirtualTime();
    ServerStats stats = new ServerStats(root, loop, 2, 0xabcdef);
    assertThat(root.gauge("server.live").value()).isZero();
    assertThat(root.gauge("server.state").value()).isEqualTo(2);
    assertThat(root.gauge("server.concurrency").value()).isEqualTo(2);
    assertThat(root.gauge("server.version").value()).isEqualTo(0xabcdef);

    loop.advance(Duration.ofMillis(1_500));
    stats.state(ServerInfo.State.LIVE);
    stats.initialized();
    stats.refresh();

    assertThat(root.gauge("server.live").value()).isEqualTo(1);
    assertThat(root.gauge("server.state").value()).isZero();
    assertThat(root.gauge("server.uptime").value()).isEqualTo(1);
    assertThat(root.gauge("server.memory_allocated").value()).isPositive();
    // To two digits, as all histograms.
    assertThat(
            root.histogram("server.initialization_time_ms", Histogram.Unit.MILLISECONDS)
                .cumulative()
                .getMaxValue())
        .isBetween(1_485L, 1_515L);

    stats.state(ServerInfo.State.DRAINING);
    assertThat(root.gauge("server.live").value()).isZero();
    assertThat(root.gauge("server.state").value()).isEqualTo(1);
  }
}
