package io.bifocal.xds.internal.load;

import io.bifocal.api.JavaDuration;
import io.bifocal.xds.LoadObserver;
import io.bifocal.xds.LoadSource;
import io.bifocal.xds.TransportObserver;
import io.bifocal.xds.internal.bootstrap.StreamSettings;
import io.bifocal.xds.internal.stream.DiscoveryStream;
import io.bifocal.xds.internal.stream.Transport;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterStats;
import io.envoyproxy.envoy.service.load_stats.v3.LoadReportingServiceGrpc;
import io.envoyproxy.envoy.service.load_stats.v3.LoadStatsRequest;
import io.envoyproxy.envoy.service.load_stats.v3.LoadStatsResponse;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Reports load on one stream: an empty report first, then, at the server's interval, one with what
 * its clusters did since the last. A stream that breaks is opened again with the client's back-off,
 * and counting goes on meanwhile. Confined to the loop.
 *
 * <p>Source: {@code envoy.service.load_stats.v3.LoadReportingService}, Envoy's load stats reporter.
 */
final class ReportingStream implements LoadReporter {
  /** A server that asks for no interval, or for a tiny one, is not flooded. */
  private static final Duration SHORTEST = Duration.ofMillis(100);

  private static final Duration LONGEST = Duration.ofDays(365);

  private static final String ALL_CLUSTERS = "envoy.lrs.supports_send_all_clusters";

  private final LoadSource load;
  private final LoadObserver observer;
  private final Loop loop;
  private final DiscoveryStream<LoadStatsRequest> stream;

  /** Since when each cluster is counted, in nanoseconds of the loop. */
  private Map<String, Long> since = new LinkedHashMap<>();

  private @Nullable LoadStatsResponse wanted;
  private Loop.@Nullable Timer interval;
  private boolean due;
  private boolean closed;

  ReportingStream(
      StreamSettings settings,
      Node node,
      Transport transport,
      LoadSource load,
      LoadObserver observer,
      Loop loop,
      DoubleSupplier chance) {
    this.load = load;
    this.observer = observer;
    this.loop = loop;
    this.stream =
        DiscoveryStream.of(
            transport,
            LoadReportingServiceGrpc.getStreamLoadStatsMethod(),
            (report, who) -> report.toBuilder().setNode(who).build(),
            node.toBuilder().addClientFeatures(ALL_CLUSTERS).build(),
            settings,
            loop,
            chance,
            TransportObserver.NONE,
            new Events());
  }

  @Override
  public void start() {
    loop.assertInLoop();
    stream.start();
  }

  private final class Events implements DiscoveryStream.Events<LoadStatsResponse> {
    @Override
    public void onOpened() {
      due = true;
    }

    @Override
    public void onMaySend() {
      flush();
    }

    @Override
    public void onResponse(LoadStatsResponse response) {
      observer.onInstruction();
      wanted = response;
      begin(response);
      stream.request();
    }

    @Override
    public void onBroken(String why) {
      if (!why.startsWith("OK")) { // a server may end a stream in good order
        observer.onFailure();
      }
      due = false;
      stopTimer();
    }
  }

  // One that is due while the server does not read waits, and then tells the longer time.
  private void flush() {
    if (!due || closed || !stream.maySend()) {
      return;
    }
    due = false;
    stream.send(report());
    observer.onReport();
    if (wanted != null) {
      begin(wanted);
    }
  }

  private LoadStatsRequest report() {
    LoadStatsRequest.Builder report = LoadStatsRequest.newBuilder();
    long now = loop.nanoTime();
    boolean byEndpoint = wanted != null && wanted.getReportEndpointGranularity();
    for (Map.Entry<String, Long> cluster : since.entrySet()) {
      Optional<ClusterStats> stats = load.collect(cluster.getKey(), byEndpoint);
      if (stats.isPresent()) {
        Duration counted = Duration.ofNanos(now - cluster.getValue());
        report.addClusterStats(
            stats.get().toBuilder().setLoadReportInterval(JavaDuration.proto(counted)));
      }
      cluster.setValue(now);
    }
    return report.build();
  }

  // What is counted already goes on being counted: nothing is lost between a report and an answer.
  private void begin(LoadStatsResponse response) {
    Collection<String> names =
        response.getSendAllClusters() ? load.clusters() : response.getClustersList();
    Map<String, Long> next = new LinkedHashMap<>();
    long now = loop.nanoTime();
    for (String name : names) {
      Long counted = since.get(name);
      if (counted == null && !next.containsKey(name)) {
        load.begin(name);
      }
      next.putIfAbsent(name, counted == null ? now : counted);
    }
    Set<String> dropped = new LinkedHashSet<>(since.keySet());
    dropped.removeAll(next.keySet());
    dropped.forEach(load::end);
    since = next;
    stopTimer();
    interval = loop.schedule(interval(response), this::onInterval);
  }

  private static Duration interval(LoadStatsResponse response) {
    Duration asked = JavaDuration.of(response.getLoadReportingInterval());
    if (asked.compareTo(SHORTEST) < 0) {
      return SHORTEST;
    }
    return asked.compareTo(LONGEST) > 0 ? LONGEST : asked;
  }

  private void onInterval() {
    interval = null;
    due = true;
    flush();
  }

  private void stopTimer() {
    if (interval != null) {
      interval.cancel();
      interval = null;
    }
  }

  @Override
  public void close() {
    loop.assertInLoop();
    if (closed) {
      return;
    }
    closed = true;
    stopTimer();
    stream.close();
    since.keySet().forEach(load::end);
    since = new HashMap<>();
  }
}
