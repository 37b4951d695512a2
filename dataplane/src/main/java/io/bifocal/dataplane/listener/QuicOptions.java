package io.bifocal.dataplane.listener;

import com.google.common.net.InetAddresses;
import com.google.protobuf.UInt32Value;
import io.bifocal.api.ConfigException;
import io.bifocal.api.JavaDuration;
import io.bifocal.api.SupportedFields;
import io.envoyproxy.envoy.config.core.v3.UdpSocketConfig;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.listener.v3.QuicProtocolOptions;
import io.envoyproxy.envoy.config.listener.v3.UdpListenerConfig;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How QUIC is spoken at a listener. Connections keep those by which they were made.
 *
 * @param maxStreams {@code max_concurrent_streams}: requests at once on a connection; default 100
 * @param streamWindow bytes that a client may send on a stream unasked; default 16 MiB
 * @param connectionWindow the same of a connection; default 24 MiB
 * @param idleTimeout how long a connection may be silent; default 300 s
 * @param handshakeTimeout how long a handshake may take; default 20 s
 * @param maxDatagram the largest datagram that is read; default 1500
 * @param migration whether clients may change their address
 * @param accepting false for a listener that takes no connection
 * @param enabled without it no datagram is looked at; null for always
 */
record QuicOptions(
    int maxStreams,
    int streamWindow,
    int connectionWindow,
    Duration idleTimeout,
    Duration handshakeTimeout,
    int maxDatagram,
    boolean migration,
    boolean accepting,
    @Nullable Switch enabled) {
  /** A key of the runtime, and what holds without it. */
  record Switch(String key, boolean otherwise) {}

  private static final Logger log = LoggerFactory.getLogger(QuicOptions.class);
  private static final String NATIVE = "the QUIC library decides for itself";
  private static final int LARGEST_DATAGRAM = 65_535;
  private static final int DATAGRAM = 1500;

  /** RFC 9000, section 18.2. */
  static final int LEAST_DATAGRAM = 1200;

  static final SupportedFields UDP =
      SupportedFields.of(UdpListenerConfig.getDescriptor())
          .supports("quic_options", "downstream_socket_config", "udp_packet_packet_writer_config");

  static final SupportedFields SOCKET =
      SupportedFields.of(UdpSocketConfig.getDescriptor())
          .supports("max_rx_datagram_size")
          .ignores("datagrams are read one by one", "prefer_gro");

  static final SupportedFields QUIC =
      SupportedFields.of(QuicProtocolOptions.getDescriptor())
          .supports(
              "quic_protocol_options",
              "idle_timeout",
              "crypto_handshake_timeout",
              "send_disable_active_migration",
              "reject_new_connections",
              "enabled",
              "crypto_stream_config",
              "proof_source_config",
              "connection_id_generator_config")
          .ignores("a worker reads what is there", "packets_to_read_to_connection_count_ratio")
          .refuses(
              "there are no extensions of QUIC",
              "server_preferred_address_config",
              "connection_debug_visitor_config")
          .refuses("control messages of datagrams are not read", "save_cmsg_config");

  static final SupportedFields COMMON =
      SupportedFields.of(io.envoyproxy.envoy.config.core.v3.QuicProtocolOptions.getDescriptor())
          .supports(
              "max_concurrent_streams",
              "initial_stream_window_size",
              "initial_connection_window_size")
          .ignores(
              "it is about upstreams",
              "num_timeouts_to_trigger_port_migration",
              "client_connection_options")
          .ignores("clients keep their connections alive themselves", "connection_keepalive")
          .ignores(NATIVE, "connection_options", "max_packet_length")
          .ignores("idle_timeout of the listener is obeyed", "idle_network_timeout");

  /** Of a listener; null for one of connections over TCP. */
  static @Nullable QuicOptions of(Listener proto, String path) throws ConfigException {
    if (!proto.hasUdpListenerConfig()) {
      return null;
    }
    warnOfWildcard(proto, path);
    UdpListenerConfig udp = proto.getUdpListenerConfig();
    String at = path + ": udp_listener_config";
    UDP.check(udp, at).forEach(log::warn);
    if (!udp.hasQuicOptions()) {
      throw new ConfigException(at + ": of datagrams only QUIC is served: quic_options is missing");
    }
    if (proto.getListenerFiltersCount() > 0) {
      throw new ConfigException(path + ": listener_filters are not supported with QUIC");
    }
    QuicExtensions.check(udp, at).forEach(log::warn);
    SOCKET
        .check(udp.getDownstreamSocketConfig(), at + ".downstream_socket_config")
        .forEach(log::warn);
    QuicProtocolOptions quic = udp.getQuicOptions();
    QUIC.check(quic, at + ".quic_options").forEach(log::warn);
    var common = quic.getQuicProtocolOptions();
    COMMON.check(common, at + ".quic_options.quic_protocol_options").forEach(log::warn);
    return new QuicOptions(
        number(common.hasMaxConcurrentStreams(), common.getMaxConcurrentStreams(), 100),
        number(common.hasInitialStreamWindowSize(), common.getInitialStreamWindowSize(), 16 << 20),
        number(
            common.hasInitialConnectionWindowSize(),
            common.getInitialConnectionWindowSize(),
            24 << 20),
        quic.hasIdleTimeout() ? JavaDuration.of(quic.getIdleTimeout()) : Duration.ofSeconds(300),
        quic.hasCryptoHandshakeTimeout()
            ? JavaDuration.of(quic.getCryptoHandshakeTimeout())
            : Duration.ofSeconds(20),
        largestDatagram(udp.getDownstreamSocketConfig(), at + ".downstream_socket_config"),
        !quic.getSendDisableActiveMigration().getValue(),
        !quic.getRejectNewConnections(),
        quic.hasEnabled()
            ? new Switch(
                quic.getEnabled().getRuntimeKey(), quic.getEnabled().getDefaultValue().getValue())
            : null);
  }

  private static int largestDatagram(UdpSocketConfig config, String path) {
    if (!config.hasMaxRxDatagramSize()) {
      return DATAGRAM;
    }
    long wanted = config.getMaxRxDatagramSize().getValue();
    if (wanted < LEAST_DATAGRAM) {
      log.warn(
          "{}.max_rx_datagram_size: {} is less than QUIC allows, and taken for {}",
          path,
          wanted,
          LEAST_DATAGRAM);
    }
    return (int) Math.max(LEAST_DATAGRAM, Math.min(wanted, LARGEST_DATAGRAM));
  }

  // The system is not asked on which address a datagram came, and answers from one of its own.
  private static void warnOfWildcard(Listener proto, String path) {
    String address = proto.getAddress().getSocketAddress().getAddress();
    if (InetAddresses.isInetAddress(address)
        && InetAddresses.forString(address).isAnyLocalAddress()) {
      log.warn(
          "{}: with QUIC on {}, clients of a machine with several addresses may be answered from"
              + " another than they asked: name each address that is to be served",
          path,
          address);
    }
  }

  private static int number(boolean set, UInt32Value value, int otherwise) {
    if (!set) {
      return otherwise;
    }
    return value.getValue() < 0 ? Integer.MAX_VALUE : value.getValue();
  }
}
