package io.bifocal.dataplane.listener;

import com.google.protobuf.ByteString;
import io.bifocal.api.ConfigException;
import io.bifocal.api.SupportedFields;
import io.bifocal.dataplane.host.Family;
import io.envoyproxy.envoy.config.core.v3.SocketOption;
import io.envoyproxy.envoy.config.core.v3.SocketOption.SocketState;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.netty.channel.epoll.LinuxSocket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What a listening socket is given beside its address. Linux's own sockets alone take any of it.
 *
 * @param transparent addresses that are not this machine's, and packets that were meant for others
 * @param freebind addresses that are not there yet
 * @param fastOpen how many connections may bring data with their first packet; 0 for none
 */
record ListenOptions(boolean transparent, boolean freebind, int fastOpen, List<Raw> raw) {
  static final ListenOptions NONE = new ListenOptions(false, false, 0, List.of());

  private static final SupportedFields FIELDS =
      SupportedFields.of(SocketOption.getDescriptor())
          .supports("description", "level", "name", "int_value", "buf_value", "state", "type");

  private static final int SOL_IP = 0;
  private static final int SOL_TCP = 6;
  private static final int SOL_IPV6 = 41;
  private static final int IP_FREEBIND = 15;
  private static final int IP_TRANSPARENT = 19;
  private static final int TCP_FASTOPEN = 23;
  private static final int IPV6_TRANSPARENT = 75;
  private static final int IPV6_FREEBIND = 78;

  /** One of {@code socket_options}. */
  record Raw(SocketState state, int level, int name, int number, ByteString bytes) {
    void set(LinuxSocket socket) throws IOException {
      if (bytes.isEmpty()) {
        socket.setIntOpt(level, name, number);
      } else {
        ByteBuffer value = ByteBuffer.allocateDirect(bytes.size());
        bytes.copyTo(value);
        socket.setRawOpt(level, name, value.flip());
      }
    }
  }

  /** Those of a listener. */
  static ListenOptions of(Listener proto, String path) throws ConfigException {
    return new ListenOptions(
        proto.getTransparent().getValue(),
        proto.getFreebind().getValue(),
        proto.getTcpFastOpenQueueLength().getValue(),
        raw(proto.getSocketOptionsList(), proto.hasUdpListenerConfig(), path));
  }

  /** The same, but for an address that has its own. */
  ListenOptions with(List<SocketOption> own, boolean udp, String path) throws ConfigException {
    return new ListenOptions(transparent, freebind, fastOpen, raw(own, udp, path));
  }

  private static List<Raw> raw(List<SocketOption> protos, boolean udp, String path)
      throws ConfigException {
    List<Raw> all = new ArrayList<>();
    for (SocketOption proto : protos) {
      FIELDS.check(proto, path + ": socket_options[" + all.size() + "]");
      if (udp ? proto.getType().hasStream() : proto.getType().hasDatagram()) {
        continue; // it has none of that type
      }
      all.add(
          new Raw(
              proto.getState(),
              Math.toIntExact(proto.getLevel()),
              Math.toIntExact(proto.getName()),
              (int) proto.getIntValue(),
              proto.getBufValue()));
    }
    return List.copyOf(all);
  }

  void beforeBind(LinuxSocket socket, Family family) throws IOException {
    boolean v6 = family == Family.V6;
    if (transparent) {
      socket.setIntOpt(v6 ? SOL_IPV6 : SOL_IP, v6 ? IPV6_TRANSPARENT : IP_TRANSPARENT, 1);
    }
    if (freebind) {
      socket.setIntOpt(v6 ? SOL_IPV6 : SOL_IP, v6 ? IPV6_FREEBIND : IP_FREEBIND, 1);
    }
    set(SocketState.STATE_PREBIND, socket);
  }

  void afterBind(LinuxSocket socket) throws IOException {
    set(SocketState.STATE_BOUND, socket);
  }

  void whileListening(LinuxSocket socket) throws IOException {
    if (fastOpen > 0) {
      socket.setIntOpt(SOL_TCP, TCP_FASTOPEN, fastOpen);
    }
    set(SocketState.STATE_LISTENING, socket);
  }

  private void set(SocketState state, LinuxSocket socket) throws IOException {
    for (Raw option : raw) {
      if (option.state() == state) {
        option.set(socket);
      }
    }
  }
}
