package io.bifocal.xds.internal.source;

import io.bifocal.xds.ResourceStatus;
import io.bifocal.xds.Subscriptions;
import io.bifocal.xds.TransportObserver;
import io.bifocal.xds.file.FileWatcher;
import io.bifocal.xds.internal.bootstrap.Servers;
import io.bifocal.xds.internal.bootstrap.StreamSettings;
import io.bifocal.xds.internal.resource.Decoder;
import io.bifocal.xds.internal.state.RefusedLimit;
import io.bifocal.xds.internal.stream.Transport;
import io.bifocal.xds.rest.RestTransport;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.Node;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** All places where a client's resources come from, behind one door. On the client's loop. */
public interface Sources extends Subscriptions, AutoCloseable {

  /**
   * What sources work with.
   *
   * @param decode runs decoding and checks, and reads files
   * @param chance uniform in [0, 1): jitter
   * @param servers which a source may name
   * @param refused how much may be kept of what was refused
   */
  record Tools(
      Loop loop,
      Executor decode,
      Decoder decoder,
      DoubleSupplier chance,
      TransportObserver observer,
      Node node,
      Servers servers,
      Ways ways,
      RefusedLimit refused) {

    public Tools(
        Loop loop,
        Executor decode,
        Decoder decoder,
        DoubleSupplier chance,
        TransportObserver observer,
        Node node,
        Servers servers,
        Ways ways) {
      this(
          loop, decode, decoder, chance, observer, node, servers, ways, new RefusedLimit(observer));
    }

    Tools withObserver(TransportObserver other) {
      return new Tools(loop, decode, decoder, chance, other, node, servers, ways, refused);
    }
  }

  /**
   * The ways to servers and files.
   *
   * @param grpc opens the way to a server; throws IllegalArgumentException if it knows none
   */
  record Ways(Function<GrpcService, Transport> grpc, RestTransport rest, FileWatcher files) {}

  /**
   * Makes them; nothing is opened yet.
   *
   * @param ads null when no control plane is configured: {@code ads} then fetches nothing
   */
  static Sources of(@Nullable StreamSettings ads, Tools tools) {
    return new SourcesByKind(ads, tools);
  }

  /** Opens what is subscribed; what is subscribed later opens at once. */
  void start();

  /** What is held of all that is subscribed to. */
  List<ResourceStatus> statuses();

  @Override
  void close();
}
