package io.bifocal.dataplane.connect;

import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.worker.Transport;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.DatagramChannel;

/** Datagram sockets, each connected to one peer. */
public final class Datagrams {
  private final EventLoop eventLoop;
  private final Transport transport;

  public Datagrams(EventLoop eventLoop, Transport transport) {
    this.eventLoop = eventLoop;
    this.transport = transport;
  }

  /**
   * Opens a socket of its own, on any port, and connects it, which sends nothing: from then on it
   * hears of this peer alone, and of its absence ({@code PortUnreachableException} to the
   * handlers). The future may fail, when there is no socket or no way.
   */
  public ChannelFuture open(Address.Ip peer, ChannelHandler... handlers) {
    return new Bootstrap()
        .group(eventLoop)
        .channel(transport.udp())
        .handler(
            new ChannelInitializer<DatagramChannel>() {
              @Override
              protected void initChannel(DatagramChannel channel) {
                channel.pipeline().addLast(handlers);
              }
            })
        .connect(peer.socketAddress());
  }
}
