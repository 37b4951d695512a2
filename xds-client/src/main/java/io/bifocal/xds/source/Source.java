package io.bifocal.xds.source;

import io.bifocal.xds.Subscriptions;
import io.bifocal.xds.TransportObserver;
import io.bifocal.xds.bootstrap.StreamSettings;
import io.bifocal.xds.resource.Decoder;
import io.bifocal.xds.stream.Dialect;
import io.bifocal.xds.stream.Transport;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.core.v3.Node;
import java.util.concurrent.Executor;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/** A source of resources. On the client's loop. */
public interface Source extends Subscriptions, AutoCloseable {

  /**
   * What a source works with.
   *
   * @param decode runs decoding and checks
   * @param chance uniform in [0, 1): jitter
   */
  record Tools(
      Loop loop,
      Executor decode,
      Decoder decoder,
      DoubleSupplier chance,
      TransportObserver observer) {}

  /**
   * The aggregated stream, in the dialect that the settings say.
   *
   * @param settings null when no control plane is configured: nothing is ever fetched then
   */
  static Source aggregated(@Nullable StreamSettings settings, Node node, Tools tools) {
    return settings != null && settings.delta()
        ? new AggregatedSource<>(Dialect.delta(), settings, node, tools)
        : new AggregatedSource<>(Dialect.stateOfTheWorld(), settings, node, tools);
  }

  /** Opens the stream; what was subscribed before is remembered. */
  void start(Transport transport);

  @Override
  void close();
}
