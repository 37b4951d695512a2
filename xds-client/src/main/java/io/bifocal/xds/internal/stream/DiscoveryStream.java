package io.bifocal.xds.internal.stream;

import com.google.protobuf.Message;
import io.bifocal.xds.TransportObserver;
import io.bifocal.xds.internal.bootstrap.StreamSettings;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.grpc.MethodDescriptor;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.DoubleSupplier;

/** A stream that is opened again whenever it breaks, until it is closed. On the loop. */
public interface DiscoveryStream<Q extends Message> {

  /**
   * A stream, not yet opened.
   *
   * @param node goes with each request, or with the first of each opening, as the settings say
   */
  static <Q extends Message, R extends Message> DiscoveryStream<Q> of(
      Transport transport,
      MethodDescriptor<Q, R> method,
      BiFunction<Q, Node, Q> withNode,
      Node node,
      StreamSettings settings,
      Loop loop,
      DoubleSupplier chance,
      TransportObserver observer,
      Events<R> events) {
    return of(List.of(transport), method, withNode, node, settings, loop, chance, observer, events);
  }

  /**
   * The same to a server that may have a failover.
   *
   * @param transports to the server, and to its failover if the settings name one
   */
  static <Q extends Message, R extends Message> DiscoveryStream<Q> of(
      List<Transport> transports,
      MethodDescriptor<Q, R> method,
      BiFunction<Q, Node, Q> withNode,
      Node node,
      StreamSettings settings,
      Loop loop,
      DoubleSupplier chance,
      TransportObserver observer,
      Events<R> events) {
    return new ReconnectingStream<>(
        transports, method, withNode, node, settings, loop, chance, observer, events);
  }

  void start();

  /** Whether a request may go out now: there is a connection, and neither limit stands against. */
  boolean maySend();

  void send(Q request);

  /** The last response is dealt with; one more may come. */
  void request();

  /** How often the stream was opened: tells the responses of one opening from those of the next. */
  int opening();

  void close();

  /** What happens to the stream. */
  interface Events<R> {
    /** It was opened (anew); nothing has been said on it. */
    void onOpened();

    /** {@link #maySend} became true. */
    void onMaySend();

    void onResponse(R response);

    /** It broke, and will be opened again. */
    void onBroken(String why);
  }
}
