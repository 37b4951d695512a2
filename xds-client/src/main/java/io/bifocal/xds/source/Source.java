package io.bifocal.xds.source;

import io.bifocal.xds.Subscriptions;
import io.bifocal.xds.TransportObserver;
import io.bifocal.xds.bootstrap.StreamSettings;
import io.bifocal.xds.resource.Decoder;
import io.bifocal.xds.stream.Transport;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.Node;
import java.util.concurrent.Executor;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
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
   * All kinds of sources that are served: the aggregated stream, and a stream for each subscription
   * that names a server of its own.
   *
   * @param ads null when no control plane is configured: {@code ads} then fetches nothing
   * @param transports opens the way to a server; throws IllegalArgumentException if it knows none
   */
  static Source of(
      @Nullable StreamSettings ads,
      Node node,
      Tools tools,
      Function<GrpcService, Transport> transports) {
    return new Sources(ads, node, tools, transports);
  }

  /** Opens the streams; what was subscribed before is remembered. */
  void start();

  @Override
  void close();
}
