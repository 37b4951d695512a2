package io.bifocal.dataplane.listener;

import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Family;
import io.bifocal.dataplane.worker.Transport;
import io.netty.channel.Channel;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.LinuxSocket;
import io.netty.channel.socket.nio.NioDatagramChannel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.channels.DatagramChannel;

/** The same for datagrams, which wait in the kernel until somebody reads them. */
final class BoundDatagrams {
  private BoundDatagrams() {}

  static BoundSocket bind(
      Transport transport, Address address, BindAddress wanted, boolean reusePort)
      throws IOException {
    if (address instanceof Address.Pipe) {
      throw new IOException("a pipe takes no datagrams");
    }
    if (transport == Transport.EPOLL) {
      return epoll(address, wanted, reusePort);
    }
    if (!wanted.options().equals(ListenOptions.NONE)) {
      throw new IOException("options of sockets need Linux's own");
    }
    return nio(address);
  }

  private static BoundSocket epoll(Address address, BindAddress wanted, boolean reusePort)
      throws IOException {
    boolean v6 = address.family() == Family.V6;
    LinuxSocket socket = LinuxSocket.newSocketDgram(v6);
    try {
      socket.setReusePort(reusePort);
      if (v6) {
        socket.setIntOpt(
            BoundSocket.Epoll.IPPROTO_IPV6,
            BoundSocket.Epoll.IPV6_V6ONLY,
            wanted.dualStack() ? 0 : 1);
      }
      wanted.options().beforeBind(socket, address.family());
      socket.bind(address.socketAddress());
      wanted.options().afterBind(socket);
      return new Epoll(socket, Address.of(socket.localAddress()));
    } catch (IOException | RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  private static BoundSocket nio(Address address) throws IOException {
    DatagramChannel socket =
        DatagramChannel.open(
            address.family() == Family.V6
                ? StandardProtocolFamily.INET6
                : StandardProtocolFamily.INET);
    try {
      socket.configureBlocking(false);
      socket.bind(address.socketAddress());
      return new Nio(socket, Address.of((InetSocketAddress) socket.getLocalAddress()));
    } catch (IOException | RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  private record Epoll(LinuxSocket socket, Address address) implements BoundSocket {
    @Override
    public Channel listen(int backlog) {
      return new EpollDatagramChannel(socket.intValue());
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private record Nio(DatagramChannel socket, Address address) implements BoundSocket {
    @Override
    public Channel listen(int backlog) {
      return new NioDatagramChannel(socket);
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}
