package io.bifocal.xds;

import io.bifocal.xds.internal.bootstrap.Servers;
import io.bifocal.xds.internal.bootstrap.StreamSettings;
import io.bifocal.xds.internal.load.LoadReporter;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;

/** The servers that a client reports load to. */
final class LoadReports {
  private final Threads threads;
  private final SharedChannels channels;
  private final Node node;
  private final Servers servers;
  private final DoubleSupplier chance;
  private final List<LoadReporter> open = new ArrayList<>();
  private boolean closed;

  LoadReports(
      Threads threads, SharedChannels channels, Node node, Servers servers, DoubleSupplier chance) {
    this.threads = threads;
    this.channels = channels;
    this.node = node;
    this.servers = servers;
    this.chance = chance;
  }

  /** From any thread. */
  LoadReporting begin(ApiConfigSource server, LoadSource load, LoadObserver observer) {
    StreamSettings settings = StreamSettings.ofAds(server, servers);
    LoadReporter reporter =
        LoadReporter.of(
            settings,
            node,
            channels.to(settings.service()),
            load,
            observer,
            threads.loop(),
            chance);
    threads.onLoop(() -> start(reporter));
    return () -> threads.onLoop(() -> end(reporter));
  }

  private void start(LoadReporter reporter) {
    if (!closed) {
      open.add(reporter);
      reporter.start();
    }
  }

  private void end(LoadReporter reporter) {
    open.remove(reporter);
    reporter.close();
  }

  /** Ends all; on the loop. */
  void close() {
    closed = true;
    List.copyOf(open).forEach(this::end);
  }
}
