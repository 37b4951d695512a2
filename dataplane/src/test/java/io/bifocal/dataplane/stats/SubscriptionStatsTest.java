package io.bifocal.dataplane.stats;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.hash.XxHash64;
import io.bifocal.xds.time.VirtualTime;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SubscriptionStatsTest {
  private final StatsStore store = new StatsStore(1);
  private final VirtualTime loop = new VirtualTime();
  private final SubscriptionStats stats =
      new SubscriptionStats(store.root().scope("cluster_manager.cds"), loop);

  private String shown(String name) {
    return Long.toUnsignedString(store.root().gauge(name).value());
  }

  private long count(String name) {
    return store.root().counter("cluster_manager.cds." + name).value();
  }

  @Test
  void a_version_is_shown_as_the_number_that_envoy_shows() {
    assertThat(shown("cluster_manager.cds.version")).isEqualTo("0");

    stats.onSuccess("1", Duration.ofMillis(7));

    assertThat(shown("cluster_manager.cds.version")).isEqualTo("13237225503670494420");
    assertThat(store.root().text("cluster_manager.cds.version_text").value()).isEqualTo("1");
    assertThat(shown("cluster_manager.cds.update_time"))
        .isEqualTo(Long.toString(loop.wallTime().toEpochMilli()));
    assertThat(
            store
                .root()
                .histogram("cluster_manager.cds.update_duration", Histogram.Unit.MILLISECONDS)
                .cumulative()
                .getMaxValue())
        .isEqualTo(7);
  }

  @Test
  void an_empty_version_that_was_taken_has_a_number() {
    stats.onSuccess("1", Duration.ZERO);
    stats.onSuccess("", Duration.ZERO);

    assertThat(shown("cluster_manager.cds.version")).isEqualTo("17241709254077376921");
  }

  @Test
  void a_refused_update_leaves_the_version_alone() {
    stats.onSuccess("1", Duration.ZERO);
    stats.onAttempt();
    stats.onRejected("no");

    assertThat(count("update_rejected")).isEqualTo(1);
    assertThat(count("update_attempt")).isEqualTo(1);
    assertThat(shown("cluster_manager.cds.version")).isEqualTo("13237225503670494420");
  }

  @Test
  void failures_and_timeouts_are_counted_apart() {
    stats.onFailure();
    stats.onFailure();
    stats.onFetchTimeout();

    assertThat(count("update_failure")).isEqualTo(2);
    assertThat(count("init_fetch_timeout")).isEqualTo(1);
    assertThat(count("update_success")).isZero();
  }

  @Test
  void the_control_plane_is_counted_below_whoever_has_the_stream() {
    ControlPlaneStats ads = ControlPlaneStats.ofAggregatedStream(store.root());
    ControlPlaneStats cds =
        ControlPlaneStats.ofOwnStream(store.root().scope("cluster_manager.cds"));

    ads.onConnected(true);
    ads.onPendingRequests(3);
    ads.onRateLimited();
    ads.onIdentifier("cp-1");
    ads.onUnknownFields("type", "a", "4242");

    assertThat(shown("control_plane.connected_state")).isEqualTo("1");
    assertThat(shown("control_plane.pending_requests")).isEqualTo("3");
    assertThat(store.root().counter("control_plane.rate_limit_enforced").value()).isEqualTo(1);
    assertThat(store.root().text("control_plane.identifier").value()).isEqualTo("cp-1");
    assertThat(shown("cluster_manager.cds.control_plane.connected_state")).isEqualTo("0");
    cds.onConnected(true);
    assertThat(shown("cluster_manager.cds.control_plane.connected_state")).isEqualTo("1");
    assertThat(store.root().counter("server.dynamic_unknown_fields").value()).isEqualTo(1);

    ads.onConnected(false);
    assertThat(shown("control_plane.connected_state")).isEqualTo("0");
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "''|ef46db3751d8e999",
        "a|d24ec4f1a98c6e5b",
        "abc|44bc2cf5ad770999",
        "Call me Ishmael. Some years ago--never mind how long precisely-|2a2e85470d6fd96",
      },
      delimiter = '|')
  void the_hash_is_the_published_one(String text, String hex) {
    assertThat(Long.toHexString(XxHash64.hash(text.getBytes(UTF_8)))).isEqualTo(hex);
  }
}
