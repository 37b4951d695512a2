package io.bifocal.xds;

import io.bifocal.xds.internal.stream.Transport;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.grpc.ManagedChannel;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The ways to a client's gRPC servers: one channel for each, whatever the number of streams, unless
 * there is one for all that somebody gave. Thread-safe.
 */
final class SharedChannels implements AutoCloseable {
  private final Loop loop;
  private final Executor decode;
  private final ChannelFactory factory;
  private final @Nullable ManagedChannel borrowed;
  private final @Nullable Transport given;
  private final Map<GrpcService, ManagedChannel> channels = new ConcurrentHashMap<>();

  /**
   * None yet.
   *
   * @param borrowed leads to all of them, and is not shut down
   * @param given needs no channel at all
   */
  SharedChannels(
      Loop loop,
      Executor decode,
      ChannelFactory factory,
      @Nullable ManagedChannel borrowed,
      @Nullable Transport given) {
    this.loop = loop;
    this.decode = decode;
    this.factory = factory;
    this.borrowed = borrowed;
    this.given = given;
  }

  /**
   * The way to a server.
   *
   * @throws IllegalArgumentException when the factory does not serve its kind
   */
  Transport to(GrpcService service) {
    return given != null ? given : Transport.over(channel(service), service, loop, decode);
  }

  private ManagedChannel channel(GrpcService service) {
    return borrowed != null ? borrowed : channels.computeIfAbsent(service, factory::open);
  }

  @Override
  public void close() {
    channels.values().forEach(ManagedChannel::shutdownNow);
  }
}
