package io.bifocal.xds.internal.stream;

import com.google.protobuf.Message;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import java.util.concurrent.Executor;

/** Opens two-way calls. All calls come, and all events are told, on the client's loop. */
public interface Transport {

  /**
   * Over gRPC.
   *
   * @param service says what goes with each call: initial metadata, authority, the greatest message
   * @param decode parses messages
   */
  static Transport over(ManagedChannel channel, GrpcService service, Loop loop, Executor decode) {
    return new GrpcTransport(channel, service, loop, decode);
  }

  /** Opens; connecting may take its time. Events never come from within this call. */
  <Q extends Message, R extends Message> Call<Q> open(
      MethodDescriptor<Q, R> method, Events<R> events);

  /** One open call. */
  interface Call<Q> {
    /** Whether a message sent now would go out without queueing up. */
    boolean writable();

    void send(Q request);

    /** Lets one more response come. */
    void request();

    /** Ends the call; no event follows. */
    void cancel();
  }

  /** What happens to a call. */
  interface Events<R> {
    /** It became writable: at first, when a connection is there. */
    void onWritable();

    void onResponse(R response);

    /** It is over; nothing follows. */
    void onClosed(String why);
  }
}
