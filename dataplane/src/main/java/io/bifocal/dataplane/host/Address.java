package io.bifocal.dataplane.host;

import com.google.common.net.InetAddresses;
import io.netty.channel.unix.DomainSocketAddress;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import org.jspecify.annotations.Nullable;

/** Where a connection can go: always a literal, never a name that would need a resolver. */
public sealed interface Address {
  Family family();

  /** What the socket connects to. */
  SocketAddress socketAddress();

  /** As Envoy prints it: {@code 127.0.0.1:80}, {@code [::1]:80}, {@code /run/a.sock}. */
  String text();

  /** An IP address with its port. */
  record Ip(InetAddress ip, int port) implements Address {
    // To InetAddress, fe80::1 on one link equals fe80::1 on another.
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Ip that
          && port == that.port
          && ip.equals(that.ip)
          && scope() == that.scope();
    }

    @Override
    public int hashCode() {
      return 31 * ip.hashCode() + port;
    }

    private int scope() {
      return ip instanceof Inet6Address v6 ? v6.getScopeId() : 0;
    }

    @Override
    public Family family() {
      return ip instanceof Inet6Address ? Family.V6 : Family.V4;
    }

    @Override
    public SocketAddress socketAddress() {
      return new InetSocketAddress(ip, port);
    }

    @Override
    public String text() {
      return InetAddresses.toUriString(ip) + ":" + port;
    }

    @Override
    public String toString() {
      return text();
    }
  }

  /** A Unix domain socket. */
  record Pipe(String path) implements Address {
    @Override
    public Family family() {
      return Family.PIPE;
    }

    @Override
    public SocketAddress socketAddress() {
      return new DomainSocketAddress(path);
    }

    @Override
    public String text() {
      return path;
    }

    @Override
    public String toString() {
      return path;
    }
  }

  /** The address of a connected or listening socket. */
  static Address of(SocketAddress socket) {
    if (socket instanceof InetSocketAddress inet) {
      return new Ip(inet.getAddress(), inet.getPort());
    }
    if (socket instanceof DomainSocketAddress pipe) {
      return new Pipe(pipe.path());
    }
    if (socket instanceof UnixDomainSocketAddress pipe) {
      return new Pipe(pipe.getPath().toString());
    }
    throw new IllegalArgumentException("neither an IP address nor a pipe: " + socket);
  }
}
