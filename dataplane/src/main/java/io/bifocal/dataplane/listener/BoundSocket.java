package io.bifocal.dataplane.listener;

import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.worker.Transport;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.LinuxSocket;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A socket that has its address, but is not yet a channel: a listener that warms keeps the address
 * without taking connections. With NIO the kernel already queues connections in this state.
 */
interface BoundSocket {
  /** What it is really bound to. */
  Address address();

  /** Listens from now on; the channel owns the socket then. */
  Channel listen(int backlog) throws IOException;

  /** Gives the address back; not to be called after {@link #listen}. */
  void close() throws IOException;

  /** Binds, or says why not. */
  static BoundSocket bind(
      Transport transport, Address address, BindAddress wanted, boolean reusePort, int backlog)
      throws IOException {
    if (address instanceof Address.Pipe pipe) {
      return UnixPipe.probed(transport, pipe);
    }
    if (transport == Transport.EPOLL) {
      return Epoll.bound(address, wanted.dualStack(), reusePort, wanted.options());
    }
    if (!wanted.options().equals(ListenOptions.NONE)) {
      throw new IOException("options of sockets need Linux's own");
    }
    return Nio.bound(address, backlog);
  }

  /** On Linux, natively. */
  record Epoll(LinuxSocket socket, Address address, ListenOptions options) implements BoundSocket {
    static final int IPPROTO_IPV6 = 41;
    static final int IPV6_V6ONLY = 26;

    private static BoundSocket bound(
        Address address, boolean dualStack, boolean reusePort, ListenOptions options)
        throws IOException {
      LinuxSocket socket =
          switch (address.family()) {
            case V4 -> LinuxSocket.newSocketStream(false);
            case V6 -> LinuxSocket.newSocketStream(true);
            case PIPE -> throw new IllegalArgumentException("a pipe is bound as one");
          };
      try {
        if (address instanceof Address.Ip ip) {
          socket.setReuseAddress(true);
          socket.setReusePort(reusePort);
          if (address.family() == io.bifocal.dataplane.host.Family.V6) {
            socket.setIntOpt(IPPROTO_IPV6, IPV6_V6ONLY, dualStack ? 0 : 1);
          }
          options.beforeBind(socket, address.family());
          socket.bind(address.socketAddress());
          options.afterBind(socket);
          return new Epoll(
              socket, new Address.Ip(ip.ip(), socket.localAddress().getPort()), options);
        }
        socket.bind(address.socketAddress());
        return new Epoll(socket, address, options);
      } catch (IOException | RuntimeException e) {
        socket.close();
        throw e;
      }
    }

    @Override
    public ServerChannel listen(int backlog) throws IOException {
      socket.listen(backlog);
      options.whileListening(socket);
      return new EpollServerSocketChannel(socket.intValue());
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  /** Everywhere else. */
  record Nio(ServerSocketChannel socket, Address address) implements BoundSocket {
    private static BoundSocket bound(Address address, int backlog) throws IOException {
      ServerSocketChannel socket =
          ServerSocketChannel.open(
              switch (address.family()) {
                case V4 -> StandardProtocolFamily.INET;
                case V6 -> StandardProtocolFamily.INET6;
                case PIPE -> throw new IllegalArgumentException("a pipe is bound as one");
              });
      try {
        socket.configureBlocking(false);
        socket.bind(address.socketAddress(), backlog);
        return new Nio(socket, Address.of((InetSocketAddress) socket.getLocalAddress()));
      } catch (IOException | RuntimeException e) {
        socket.close();
        throw e;
      }
    }

    @Override
    public ServerChannel listen(int backlog) {
      return new NioServerSocketChannel(socket);
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  /** A path. Netty takes no bound descriptor for it: whoever listens binds the channel. */
  record UnixPipe(Transport transport, Address.Pipe address) implements BoundSocket {
    /** Binds for a moment, so that what is wrong with the path is known now. */
    private static BoundSocket probed(Transport transport, Address.Pipe address)
        throws IOException {
      try (ServerSocketChannel probe = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
        probe.bind(UnixDomainSocketAddress.of(address.path()));
      }
      Files.delete(Path.of(address.path()));
      return new UnixPipe(transport, address);
    }

    @Override
    public ServerChannel listen(int backlog) {
      ServerChannel channel =
          transport == Transport.EPOLL
              ? new EpollServerDomainSocketChannel()
              : new NioServerDomainSocketChannel();
      channel.config().setOption(ChannelOption.SO_BACKLOG, backlog);
      return channel;
    }

    @Override
    public void close() {}
  }
}
