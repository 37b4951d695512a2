package io.bifocal.dataplane.connect;

import io.bifocal.dataplane.worker.Transport;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.unix.IntegerUnixChannelOption;
import jdk.net.ExtendedSocketOptions;

/** How one kind of sockets is told its {@link SocketSettings}. */
record SocketOptions(
    ChannelOption<Integer> probes, ChannelOption<Integer> idle, ChannelOption<Integer> interval) {
  private static final SocketOptions NATIVE =
      new SocketOptions(
          EpollChannelOption.TCP_KEEPCNT,
          EpollChannelOption.TCP_KEEPIDLE,
          EpollChannelOption.TCP_KEEPINTVL);
  private static final SocketOptions JDK =
      new SocketOptions(
          NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT),
          NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE),
          NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL));

  static final ChannelOption<Integer> BIND_ADDRESS_NO_PORT =
      new IntegerUnixChannelOption("IP_BIND_ADDRESS_NO_PORT", 0 /* IPPROTO_IP */, 24);

  static SocketOptions of(Transport transport) {
    return transport == Transport.EPOLL ? NATIVE : JDK;
  }

  /**
   * Before the socket connects.
   *
   * @throws RuntimeException when the system refuses a value
   */
  void probe(Keepalive keepalive, ChannelConfig socket) {
    socket.setOption(ChannelOption.SO_KEEPALIVE, true);
    set(probes, keepalive.probes(), socket);
    set(idle, keepalive.idleSeconds(), socket);
    set(interval, keepalive.intervalSeconds(), socket);
  }

  private static void set(ChannelOption<Integer> option, int value, ChannelConfig socket) {
    if (value > 0) {
      socket.setOption(option, value);
    }
  }

  /**
   * Before the socket is bound to an address without a port. A port that is chosen at the bind is
   * taken for all peers, one that is chosen at the connect for one peer only. The JDK's sockets
   * know no such option, and take the former.
   */
  static void leavePortToConnect(ChannelConfig socket) {
    socket.setOption(BIND_ADDRESS_NO_PORT, 1);
  }
}
