package io.bifocal.dataplane.listener;

import com.google.protobuf.Message;
import io.bifocal.api.ConfigException;
import io.bifocal.api.MessageTypes;
import io.bifocal.dataplane.extension.Registry;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.listener.v3.QuicProtocolOptions;
import io.envoyproxy.envoy.config.listener.v3.UdpListenerConfig;
import io.envoyproxy.envoy.extensions.quic.connection_id_generator.v3.DeterministicConnectionIdGeneratorConfig;
import io.envoyproxy.envoy.extensions.quic.crypto_stream.v3.CryptoServerStreamConfig;
import io.envoyproxy.envoy.extensions.quic.proof_source.v3.ProofSourceConfig;
import io.envoyproxy.envoy.extensions.udp_packet_writer.v3.UdpDefaultWriterFactory;
import io.envoyproxy.envoy.extensions.udp_packet_writer.v3.UdpGsoBatchWriterFactory;
import java.util.ArrayList;
import java.util.List;

/**
 * What a listener of QUIC may name of Envoy's extensions: those that Envoy takes where none is
 * named, which say what is done here anyway, and batches, which are but quicker.
 */
final class QuicExtensions {
  private static final String AS_WITHOUT = "";
  private static final Registry<String> WRITERS =
      usual(UdpDefaultWriterFactory.getDefaultInstance())
          .register(
              url(UdpGsoBatchWriterFactory.getDefaultInstance()),
              "has no effect: datagrams are written one by one");
  private static final Registry<String> HANDSHAKES =
      usual(CryptoServerStreamConfig.getDefaultInstance());
  private static final Registry<String> PROOFS = usual(ProofSourceConfig.getDefaultInstance());
  private static final Registry<String> IDS =
      usual(DeterministicConnectionIdGeneratorConfig.getDefaultInstance());

  private QuicExtensions() {}

  /**
   * Finds them.
   *
   * @return warnings
   * @throws ConfigException in Envoy's words for an extension that is not there
   */
  static List<String> check(UdpListenerConfig udp, String path) throws ConfigException {
    List<String> warnings = new ArrayList<>();
    String writer = path + ".udp_packet_packet_writer_config ";
    check(WRITERS, udp.getUdpPacketPacketWriterConfig(), writer, warnings);
    QuicProtocolOptions quic = udp.getQuicOptions();
    check(HANDSHAKES, quic.getCryptoStreamConfig(), path, warnings);
    check(PROOFS, quic.getProofSourceConfig(), path, warnings);
    check(IDS, quic.getConnectionIdGeneratorConfig(), path, warnings);
    return warnings;
  }

  private static void check(
      Registry<String> known, TypedExtensionConfig named, String path, List<String> warnings)
      throws ConfigException {
    if (named.equals(TypedExtensionConfig.getDefaultInstance())) {
      return;
    }
    String effect = known.find(named.getName(), named.getTypedConfig());
    if (!effect.equals(AS_WITHOUT)) {
      warnings.add(path + effect);
    }
  }

  private static Registry<String> usual(Message config) {
    return new Registry<String>().register(url(config), AS_WITHOUT);
  }

  private static String url(Message config) {
    return MessageTypes.url(MessageTypes.of(config));
  }
}
