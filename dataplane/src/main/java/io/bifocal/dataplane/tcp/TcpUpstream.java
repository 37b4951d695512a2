package io.bifocal.dataplane.tcp;

import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.pool.UpstreamConnection;
import io.bifocal.dataplane.stream.WireBytes;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** A connection that serves one client. */
final class TcpUpstream implements Upstream, WireBytes {
  private final UpstreamConnection connection;
  private final Channel channel;
  private final Relay relay;
  private @Nullable Relay downstream;

  /**
   * @param bufferLimit of the cluster, in bytes
   */
  TcpUpstream(UpstreamConnection connection, int bufferLimit, Relay.Observer observer) {
    this.connection = connection;
    this.channel = connection.channel();
    channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    channel
        .config()
        .setWriteBufferWaterMark(
            new WriteBufferWaterMark(bufferLimit / 2, Math.max(1, bufferLimit)));
    relay = new Relay(channel, observer);
  }

  @Override
  public UpstreamConnection connection() {
    return connection;
  }

  @Override
  public @Nullable Address localAddress() {
    return channel.localAddress() instanceof InetSocketAddress local ? Address.of(local) : null;
  }

  @Override
  public WireBytes bytes() {
    return this;
  }

  @Override
  public long received() {
    return relay.bytesRead();
  }

  @Override
  public long sent() {
    return downstream == null ? 0 : downstream.bytesPassed();
  }

  @Override
  public void join(Relay downstream) {
    this.downstream = downstream;
    channel.pipeline().addLast(relay);
    channel.closeFuture().addListener(f -> downstream.closeWhenFlushed());
    relay.joinTo(downstream);
    downstream.joinTo(relay);
  }

  @Override
  public boolean finished() {
    return relay.finished();
  }

  @Override
  public boolean hasPending() {
    return relay.hasPending();
  }

  @Override
  public void whenFlushed(Runnable then) {
    relay.whenFlushed(then);
  }

  @Override
  public void end(boolean endedFirst) {
    if (endedFirst) {
      var unused = channel.close(); // so that it counts as closed here, as with Envoy
    }
    connection.discard();
  }

  @Override
  public void abort() {
    var unused = channel.close();
    connection.discard();
  }
}
