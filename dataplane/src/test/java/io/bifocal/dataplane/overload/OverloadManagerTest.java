package io.bifocal.dataplane.overload;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bifocal.api.BootstrapReader;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.xds.time.VirtualTime;
import io.envoyproxy.envoy.config.overload.v3.ScaleTimersOverloadActionConfig.TimerType;
import io.netty.channel.DefaultEventLoop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OverloadManagerTest {
  private static final String THRESHOLD = "triggers: [{name: file, threshold: {value: 0.5}}]";

  @TempDir private Path directory;
  private final VirtualTime time = new VirtualTime();
  private final StatsStore stats = new StatsStore(1);
  private final AtomicInteger changes = new AtomicInteger();
  private Path file;

  @BeforeEach
  void noPressure() throws IOException {
    file = directory.resolve("pressure");
    Files.writeString(file, "0");
  }

  private static io.envoyproxy.envoy.config.overload.v3.OverloadManager yaml(String text)
      throws ConfigException {
    return new BootstrapReader(false)
        .readYaml(
            text,
            "test",
            io.envoyproxy.envoy.config.overload.v3.OverloadManager.getDefaultInstance());
  }

  private OverloadManager manager(String fields) throws Exception {
    String monitor =
        "resource_monitors: [{name: file, typed_config: {\"@type\": type.googleapis.com/envoy.extensions.resource_monitors.injected_resource.v3.InjectedResourceConfig, filename: \"%s\"}}]"
            .formatted(file);
    return OverloadManager.of(
        yaml("{refresh_interval: 2s, " + monitor + ", " + fields + "}"), stats.root());
  }

  private Overload started(String fields) throws Exception {
    OverloadManager manager = manager(fields);
    time.execute(() -> manager.start(time, changes::incrementAndGet));
    time.run();
    return manager.overload();
  }

  private void press(String pressure) throws IOException {
    Files.writeString(file, pressure);
    time.advance(Duration.ofSeconds(2));
  }

  private long gauge(String name) {
    return stats.gauges("overload.").stream()
        .filter(g -> g.name().full().equals("overload." + name))
        .findAny()
        .orElseThrow()
        .value();
  }

  @Test
  void aThresholdIsAllOrNothing() throws Exception {
    String action = "envoy.overload_actions.stop_accepting_requests";
    Overload overload = started("actions: [{name: %s, %s}]".formatted(action, THRESHOLD));
    assertThat(overload.happens(OverloadAction.STOP_ACCEPTING_REQUESTS)).isFalse();
    assertThat(overload.degree(OverloadAction.DISABLE_HTTP_KEEPALIVE)).isNull();

    press("0.49");
    assertThat(overload.happens(OverloadAction.STOP_ACCEPTING_REQUESTS)).isFalse();
    press("0.5");
    assertThat(overload.happens(OverloadAction.STOP_ACCEPTING_REQUESTS)).isTrue();
    assertThat(gauge("file.pressure")).isEqualTo(50);
    assertThat(gauge(action + ".active")).isEqualTo(1);
    assertThat(gauge(action + ".scale_percent")).isEqualTo(100);
    press("0.1");
    assertThat(overload.happens(OverloadAction.STOP_ACCEPTING_REQUESTS)).isFalse();
    assertThat(gauge(action + ".active")).isZero();
    assertThat(changes).hasValue(4);
  }

  @Test
  void aScaledTriggerIsTakenInAShareOfCases() throws Exception {
    Overload overload =
        started(
            "actions: [{name: envoy.overload_actions.disable_http_keepalive,"
                + " triggers: [{name: file, scaled: {scaling_threshold: 0.5, saturation_threshold: 0.9}}]}]");
    press("0.6");
    assertThat(gauge("envoy.overload_actions.disable_http_keepalive.scale_percent")).isEqualTo(24);
    assertThat(gauge("envoy.overload_actions.disable_http_keepalive.active")).isZero();
    int taken = 0;
    for (int i = 0; i < 10_000; i++) {
      taken += overload.happens(OverloadAction.DISABLE_HTTP_KEEPALIVE) ? 1 : 0;
    }
    assertThat(taken).isBetween(2000, 3000);
    press("0.95");
    assertThat(overload.happens(OverloadAction.DISABLE_HTTP_KEEPALIVE)).isTrue();
    assertThat(gauge("envoy.overload_actions.disable_http_keepalive.active")).isEqualTo(1);
  }

  @Test
  void whatCannotBeReadIsCountedAndTheLastValueStands() throws Exception {
    Overload overload =
        started(
            "loadshed_points: [{name: envoy.load_shed_points.tcp_listener_accept, "
                + THRESHOLD
                + "}]");
    press("0.8");
    press("rubbish");
    press("1.5");
    assertThat(overload.happens(OverloadAction.TCP_LISTENER_ACCEPT)).isTrue();
    assertThat(stats.root().scope("overload").scope("file").counter("failed_updates").value())
        .isEqualTo(2);
  }

  private WorkerTimeouts timeouts(String factors) throws Exception {
    Overload overload =
        started(
            ("actions: [{name: envoy.overload_actions.reduce_timeouts, triggers: [{name: file,"
                    + " scaled: {scaling_threshold: 0.5, saturation_threshold: 0.9}}], typed_config:"
                    + " {\"@type\": type.googleapis.com/envoy.config.overload.v3.ScaleTimersOverloadActionConfig,"
                    + " timer_scale_factors: [%s]}}]")
                .formatted(factors));
    return requireNonNull(overload.timeouts()).on(new Worker(1, new DefaultEventLoop(), time));
  }

  @Test
  void timeoutsAreReducedWhileTheyRun() throws Exception {
    WorkerTimeouts timeouts = timeouts("{timer: TRANSPORT_SOCKET_CONNECT, min_timeout: 10s}");
    AtomicInteger run = new AtomicInteger();
    time.execute(
        () ->
            timeouts.schedule(
                TimerType.TRANSPORT_SOCKET_CONNECT, Duration.ofSeconds(110), run::incrementAndGet));
    press("0.7");
    time.advance(Duration.ofSeconds(50));
    assertThat(run).as("of 100 beyond 10, half are left").hasValue(0);
    press("0.5");
    time.advance(Duration.ofSeconds(40));
    assertThat(run).as("as long as it was").hasValue(0);
    press("0.9");
    assertThat(run).as("ten are over").hasValue(1);
    press("0");
    time.advance(Duration.ofSeconds(200));
    assertThat(run).hasValue(1);
  }

  @Test
  void thoseThatRunHearOfSteps() throws Exception {
    WorkerTimeouts timeouts = timeouts("{timer: TRANSPORT_SOCKET_CONNECT, min_timeout: 10s}");
    AtomicInteger heard = new AtomicInteger();
    time.execute(() -> timeouts.add(heard::incrementAndGet));
    press("0.71");
    assertThat(heard).hasValue(1);
    press("0.715");
    assertThat(heard).as("hardly another degree").hasValue(1);
    press("0.89");
    assertThat(heard).hasValue(2);
    press("0.9");
    assertThat(heard).as("as far as it goes").hasValue(3);
    press("0.501");
    assertThat(heard).hasValue(4);
    press("0.5");
    assertThat(heard).as("nothing at all").hasValue(5);
  }

  @Test
  void aTimeoutThatIsNotNamedStaysAsItIsAndAShareOfOneThatIs() throws Exception {
    WorkerTimeouts timeouts =
        timeouts("{timer: HTTP_DOWNSTREAM_STREAM_IDLE, min_scale: {value: 25}}");
    assertThat(timeouts.reduced(TimerType.HTTP_DOWNSTREAM_STREAM_IDLE, 1000)).isEqualTo(1000);
    press("0.7");
    assertThat(timeouts.reduced(TimerType.HTTP_DOWNSTREAM_STREAM_IDLE, 1000)).isBetween(624L, 626L);
    press("1");
    assertThat(timeouts.reduced(TimerType.HTTP_DOWNSTREAM_STREAM_IDLE, 1000)).isEqualTo(250);
    assertThat(timeouts.reduced(TimerType.HTTP_DOWNSTREAM_CONNECTION_IDLE, 1000)).isEqualTo(1000);
  }

  @Test
  void aTimeoutThatWasCancelledStaysSo() throws Exception {
    WorkerTimeouts timeouts = timeouts("{timer: TRANSPORT_SOCKET_CONNECT, min_timeout: 0s}");
    AtomicInteger run = new AtomicInteger();
    time.execute(
        () ->
            timeouts
                .schedule(
                    TimerType.TRANSPORT_SOCKET_CONNECT, Duration.ofSeconds(9), run::incrementAndGet)
                .cancel());
    press("1");
    time.advance(Duration.ofSeconds(9));
    assertThat(run).hasValue(0);
  }

  /** So many bytes wait of it. */
  private record Heavy(long bytesKept, List<Long> reset) implements WorkerStreams.Weighed {
    @Override
    public void resetForOverload() {
      reset.add(bytesKept);
    }
  }

  @Test
  void theHeaviestStreamsAreResetAtEveryChange() throws Exception {
    Overload overload =
        started(
            "buffer_factory_config: {minimum_account_to_track_power_of_two: 10}, actions: [{name:"
                + " envoy.overload_actions.reset_high_memory_stream, triggers: [{name: file, scaled:"
                + " {scaling_threshold: 0, saturation_threshold: 1}}]}]");
    WorkerStreams streams =
        requireNonNull(overload.streams()).on(new Worker(1, new DefaultEventLoop(), time));
    List<Long> reset = new ArrayList<>();
    time.execute(
        () -> {
          for (int power = 9; power < 20; power++) {
            streams.add(new Heavy(1L << power, reset));
          }
        });
    time.run();
    press("0.1");
    assertThat(reset)
        .as("the highest class has no end")
        .containsExactlyInAnyOrder(1L << 17, 1L << 18, 1L << 19);
    reset.clear();
    time.advance(Duration.ofSeconds(10));
    assertThat(reset).as("nothing has changed").isEmpty();
    press("0.2");
    assertThat(reset).contains(1L << 16, 1L << 17).doesNotContain(1L << 15);
    reset.clear();
    press("1");
    assertThat(reset).contains(1L << 10, 1L << 11).doesNotContain(1L << 9);
    assertThat(
            stats
                .root()
                .scope("envoy.overload_actions.reset_high_memory_stream")
                .counter("count")
                .value())
        .isEqualTo(3 + 4 + 10);
  }

  @Test
  void connectionsAreWatchedAsTheyCome() throws Exception {
    String name = "envoy.resource_monitors.global_downstream_max_connections";
    OverloadManager manager =
        OverloadManager.of(
            yaml(
                "{resource_monitors: [{name: %s, typed_config: {\"@type\": type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig, max_active_downstream_connections: 4}}]}"
                    .formatted(name)),
            stats.root());
    assertThat(manager.overload().connectionLimit()).isEqualTo(4);
    manager.overload().connections().set(3);
    manager.overload().connectionRefused();
    time.execute(() -> manager.start(time, () -> {}));
    time.run();
    assertThat(gauge(name + ".pressure")).isEqualTo(75);
    assertThat(stats.root().scope("overload").scope(name).counter("failed_updates").value())
        .isEqualTo(1);
    assertThat(Overload.unwatched().connectionLimit()).isEqualTo(-1);
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "actions: [{name: foo, %s}]|Unknown Overload Manager Action foo",
        "actions: [{name: envoy.overload_actions.reduce_timeouts, %s}]|Overload action \"envoy.overload_actions.reduce_timeouts\" requires typed_config",
        "actions: [{name: envoy.overload_actions.reduce_timeouts, %s, typed_config: {\"@type\": type.googleapis.com/google.protobuf.Duration, value: 1s}}]|typed_config resolves to google.protobuf.Duration instead of envoy.config.overload.v3.ScaleTimersOverloadActionConfig",
        "actions: [{name: envoy.overload_actions.reduce_timeouts, %s, typed_config: {\"@type\": type.googleapis.com/envoy.config.overload.v3.ScaleTimersOverloadActionConfig, timer_scale_factors: [{timer: TRANSPORT_SOCKET_CONNECT, min_timeout: 1s}, {timer: TRANSPORT_SOCKET_CONNECT, min_timeout: 2s}]}}]|Found duplicate entry for timer type TRANSPORT_SOCKET_CONNECT",
        "actions: [{name: envoy.overload_actions.reset_high_memory_stream, %s}]|Overload action \"envoy.overload_actions.reset_high_memory_stream\" requires buffer_factory_config.",
        "actions: [{name: envoy.overload_actions.shrink_heap, %1$s}, {name: envoy.overload_actions.shrink_heap, %1$s}]|Duplicate overload action envoy.overload_actions.shrink_heap",
        "actions: [{name: envoy.overload_actions.shrink_heap, triggers: [{name: x, threshold: {value: 0.5}}]}]|Unknown trigger resource x for overload action envoy.overload_actions.shrink_heap",
        "actions: [{name: envoy.overload_actions.shrink_heap, triggers: [{name: file, scaled: {scaling_threshold: 0.5, saturation_threshold: 0.5}}]}]|scaling_threshold must be less than saturation_threshold",
      },
      delimiter = '|')
  void aMistakeIsRefusedInEnvoysWords(String fields, String reason) {
    assertThatThrownBy(() -> manager(fields.formatted(THRESHOLD)))
        .isInstanceOf(ConfigException.class)
        .hasMessage(reason);
  }
}
