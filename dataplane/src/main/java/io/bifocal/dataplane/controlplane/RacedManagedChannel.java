package io.bifocal.dataplane.controlplane;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.local.LocalAddress;
import io.netty.channel.local.LocalIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A gRPC channel over raced connections. A connection that cannot be made fails the calls that wait
 * for it; the next call tries anew, at once: when to try is decided by the one who calls, not by a
 * back-off of grpc-java's own.
 */
final class RacedManagedChannel extends ManagedChannel {
  private static final int REAP_MILLIS = 10;

  private final String authority;
  private final UpstreamDialer dialer;
  private final Pings pings;
  private final EventLoopGroup group;
  private ManagedChannel current;
  private AtomicReference<@Nullable Status> failure = new AtomicReference<>();
  private boolean shutdown;

  RacedManagedChannel(String authority, UpstreamDialer dialer, Pings pings) {
    this.authority = authority;
    this.dialer = dialer;
    this.pings = pings;
    this.group =
        new MultiThreadIoEventLoopGroup(
            1,
            new DefaultThreadFactory("bifocal-xds-" + dialer.cluster(), true),
            LocalIoHandler.newFactory());
    this.current = build();
  }

  private ManagedChannel build() {
    AtomicReference<@Nullable Status> failed = failure;
    return pings
        .applyTo(NettyChannelBuilder.forAddress(new LocalAddress(dialer.cluster())))
        .overrideAuthority(authority)
        .eventLoopGroup(group)
        .channelFactory(() -> new RacedTransport(dialer, failed), LocalAddress.class)
        .executor(group)
        .usePlaintext()
        .maxInboundMessageSize(Integer.MAX_VALUE)
        .build();
  }

  @Override
  public synchronized <Q, R> ClientCall<Q, R> newCall(
      MethodDescriptor<Q, R> method, CallOptions options) {
    if (!shutdown && failure.get() != null) {
      current.shutdown();
      failure = new AtomicReference<>();
      current = build();
    }
    return current.newCall(method, options);
  }

  @Override
  public String authority() {
    return authority;
  }

  @Override
  public synchronized ConnectivityState getState(boolean requestConnection) {
    return current.getState(requestConnection);
  }

  @Override
  public ManagedChannel shutdown() {
    return end(false);
  }

  @Override
  public ManagedChannel shutdownNow() {
    return end(true);
  }

  private synchronized ManagedChannel end(boolean now) {
    if (now) {
      current.shutdownNow();
    } else {
      current.shutdown();
    }
    if (!shutdown) {
      shutdown = true;
      reap();
    }
    return this;
  }

  /** Ends the thread once the last call is over. */
  private synchronized void reap() {
    if (current.isTerminated()) {
      var unused = group.shutdownGracefully(REAP_MILLIS, 1_000, TimeUnit.MILLISECONDS);
    } else {
      var unused = group.schedule(this::reap, REAP_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  @Override
  public synchronized boolean isShutdown() {
    return shutdown;
  }

  @Override
  public boolean isTerminated() {
    return group.isTerminated();
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
    return group.awaitTermination(timeout, unit);
  }
}
