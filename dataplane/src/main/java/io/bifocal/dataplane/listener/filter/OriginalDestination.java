package io.bifocal.dataplane.listener.filter;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.worker.Transport;
import io.envoyproxy.envoy.extensions.filters.listener.original_dst.v3.OriginalDst;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.unix.RawUnixChannelOption;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Asks Linux whom a connection was meant for before it was redirected here.
 *
 * <p>Source: {@code envoy.extensions.filters.listener.original_dst.v3.OriginalDst}; {@code
 * SO_ORIGINAL_DST} of {@code linux/netfilter_ipv4.h} and {@code IP6T_SO_ORIGINAL_DST} of {@code
 * linux/netfilter_ipv6/ip6_tables.h}.
 */
final class OriginalDestination implements ListenerFilter {
  private static final int ORIGINAL_DST = 80;
  private static final int SOL_IP = 0;
  private static final int SOL_IPV6 = 41;

  // struct sockaddr_in and sockaddr_in6
  private static final RawUnixChannelOption V4 =
      new RawUnixChannelOption("SO_ORIGINAL_DST", SOL_IP, ORIGINAL_DST, 16);
  private static final RawUnixChannelOption V6 =
      new RawUnixChannelOption("IP6T_SO_ORIGINAL_DST", SOL_IPV6, ORIGINAL_DST, 28);

  private static final OriginalDestination INSTANCE = new OriginalDestination();

  private OriginalDestination() {}

  static ListenerFilterFactory factory(Any any, String path) throws ConfigException {
    var unused = Unpack.as(OriginalDst.getDefaultInstance(), any);
    return asking(path);
  }

  /**
   * Without a configuration, as for {@code use_original_dst}.
   *
   * @throws ConfigException where the system cannot be asked
   */
  static ListenerFilterFactory asking(String path) throws ConfigException {
    if (Transport.best() != Transport.EPOLL) {
      throw new ConfigException(
          path
              + ": a connection's original destination is known on Linux only, to its own sockets");
    }
    return (root, shard) -> () -> INSTANCE;
  }

  @Override
  public Verdict onAccept(AcceptedConnection connection) {
    if (connection.local() instanceof Address.Ip local) {
      Address original = original(connection.channel(), local.ip().getAddress().length == 4);
      if (original != null) {
        connection.restoreLocal(original);
      }
    }
    return Verdict.CONTINUE;
  }

  /** Null when the connection was not redirected, or the system does not know. */
  private static @Nullable Address original(Channel channel, boolean v4) {
    try {
      ByteBuffer raw = channel.config().getOption(v4 ? V4 : V6);
      return raw == null ? null : address(raw, v4);
    } catch (ChannelException e) {
      return null;
    }
  }

  static Address address(ByteBuffer raw, boolean v4) {
    int port = raw.duplicate().order(ByteOrder.BIG_ENDIAN).getShort(2) & 0xFFFF;
    byte[] ip = new byte[v4 ? 4 : 16];
    ByteBuffer from = raw.duplicate();
    from.position(v4 ? 4 : 8);
    from.get(ip);
    try {
      return new Address.Ip(InetAddress.getByAddress(ip), port);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(e); // only of another length
    }
  }
}
