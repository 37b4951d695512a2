package io.bifocal.dataplane.worker;

import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;

/** Which kind of sockets and selector the workers use: the native one where it loads. */
public enum Transport {
  EPOLL,
  NIO;

  /** epoll where it loads, NIO otherwise. */
  public static Transport best() {
    return Epoll.isAvailable() ? EPOLL : NIO;
  }

  public IoHandlerFactory ioHandlers() {
    return this == EPOLL ? KeptEpoll.factory() : NioIoHandler.newFactory();
  }

  public Class<? extends io.netty.channel.Channel> tcp() {
    return this == EPOLL ? EpollSocketChannel.class : NioSocketChannel.class;
  }

  public Class<? extends ServerChannel> tcpServer() {
    return this == EPOLL ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
  }

  public Class<? extends DatagramChannel> udp() {
    return this == EPOLL ? EpollDatagramChannel.class : NioDatagramChannel.class;
  }

  public Class<? extends io.netty.channel.Channel> pipe() {
    return this == EPOLL ? EpollDomainSocketChannel.class : NioDomainSocketChannel.class;
  }

  public Class<? extends ServerChannel> pipeServer() {
    return this == EPOLL
        ? EpollServerDomainSocketChannel.class
        : NioServerDomainSocketChannel.class;
  }

  /**
   * The same address, as this transport's channels want it: NIO has a type of its own for pipes.
   */
  public SocketAddress adapt(SocketAddress address) {
    return this == NIO && address instanceof DomainSocketAddress pipe
        ? UnixDomainSocketAddress.of(pipe.path())
        : address;
  }
}
