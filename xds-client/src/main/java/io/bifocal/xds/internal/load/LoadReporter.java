package io.bifocal.xds.internal.load;

import io.bifocal.xds.LoadObserver;
import io.bifocal.xds.LoadReporting;
import io.bifocal.xds.LoadSource;
import io.bifocal.xds.internal.bootstrap.StreamSettings;
import io.bifocal.xds.internal.stream.Transport;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.core.v3.Node;
import java.util.function.DoubleSupplier;

/** Reports load to one server. On the loop. */
public interface LoadReporter extends LoadReporting {

  /**
   * A reporter, not yet started.
   *
   * @param settings the server; of {@code grpc} kind
   * @param chance uniform in [0, 1): jitter
   */
  static LoadReporter of(
      StreamSettings settings,
      Node node,
      Transport transport,
      LoadSource load,
      LoadObserver observer,
      Loop loop,
      DoubleSupplier chance) {
    return new ReportingStream(settings, node, transport, load, observer, loop, chance);
  }

  /** Opens the stream. */
  void start();

  /** Ends the stream and the counting. Harmless twice. */
  @Override
  void close();
}
