package io.bifocal.dataplane.listener;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.bifocal.api.BootstrapReader;
import io.bifocal.api.ConfigException;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** What a listener is told of QUIC, and what of it is obeyed. */
class QuicOptionsTest {
  private static final String UDP = "here: udp_listener_config";

  private final Logger logger = (Logger) LoggerFactory.getLogger(QuicOptions.class);
  private final ListAppender<ILoggingEvent> told = new ListAppender<>();

  @BeforeEach
  void listen() {
    told.start();
    logger.addAppender(told);
  }

  @AfterEach
  void stop() {
    logger.detachAppender(told);
  }

  private static QuicOptions read(String fields) throws ConfigException {
    String address =
        fields.contains("address:")
            ? ""
            : "address: {socket_address: {protocol: UDP, address: 127.0.0.1, port_value: 1}}, ";
    Listener listener =
        new BootstrapReader(false)
            .readYaml("{" + address + fields + "}", "test", Listener.getDefaultInstance());
    return requireNonNull(QuicOptions.of(listener, "here"));
  }

  private static QuicOptions quic(String fields) throws ConfigException {
    return read("udp_listener_config: {quic_options: {" + fields + "}}");
  }

  @Test
  void withoutAWordTheyAreEnvoys() throws Exception {
    QuicOptions expected =
        new QuicOptions(
            100,
            16 << 20,
            24 << 20,
            Duration.ofMinutes(5),
            Duration.ofSeconds(20),
            1500,
            true,
            true,
            null);
    assertThat(quic("")).isEqualTo(expected);
    assertThat(told.list).isEmpty();
  }

  @Test
  void whatIsSaidIsObeyed() throws Exception {
    QuicOptions read =
        read(
            "udp_listener_config: {downstream_socket_config: {max_rx_datagram_size: 9000},"
                + " quic_options: {idle_timeout: 7s, crypto_handshake_timeout: 3s,"
                + " send_disable_active_migration: true, reject_new_connections: true, enabled:"
                + " {runtime_key: key, default_value: false}, quic_protocol_options:"
                + " {max_concurrent_streams: 9, initial_stream_window_size: 70000,"
                + " initial_connection_window_size: 80000}}}");
    assertThat(read)
        .isEqualTo(
            new QuicOptions(
                9,
                70_000,
                80_000,
                Duration.ofSeconds(7),
                Duration.ofSeconds(3),
                9000,
                false,
                false,
                new QuicOptions.Switch("key", false)));
    assertThat(told.list).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "packets_to_read_to_connection_count_ratio: 3 | quic_options: field"
            + " 'packets_to_read_to_connection_count_ratio' is ignored: a worker reads",
        "quic_protocol_options: {connection_keepalive: {max_interval: 1s}} |"
            + " quic_options.quic_protocol_options: field 'connection_keepalive' is ignored:"
            + " clients keep",
        "quic_protocol_options: {idle_network_timeout: 2s} |"
            + " quic_options.quic_protocol_options: field 'idle_network_timeout' is ignored:"
            + " idle_timeout of",
        "quic_protocol_options: {num_timeouts_to_trigger_port_migration: 2} |"
            + " quic_options.quic_protocol_options: field"
            + " 'num_timeouts_to_trigger_port_migration' is ignored: it is about upstreams",
        "quic_protocol_options: {client_connection_options: x} |"
            + " quic_options.quic_protocol_options: field 'client_connection_options' is ignored:"
            + " it is about upstreams",
        "quic_protocol_options: {connection_options: x} |"
            + " quic_options.quic_protocol_options: field 'connection_options' is ignored: the"
            + " QUIC library",
        "quic_protocol_options: {max_packet_length: 1300} |"
            + " quic_options.quic_protocol_options: field 'max_packet_length' is ignored: the"
            + " QUIC library",
      })
  void whatHasNoEffectIsWarnedOf(String fields, String warning) throws Exception {
    assertThat(quic(fields)).isEqualTo(quic(""));
    assertThat(told.list)
        .singleElement()
        .extracting(ILoggingEvent::getFormattedMessage)
        .asString()
        .startsWith(UDP + "." + warning);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "downstream_socket_config: {prefer_gro: true} | .downstream_socket_config: field"
            + " 'prefer_gro' is ignored: datagrams are read one by one | 1500",
        "downstream_socket_config: {max_rx_datagram_size: 100} |"
            + " .downstream_socket_config.max_rx_datagram_size: 100 is less than QUIC allows |"
            + " 1200",
      })
  void whatOfTheSocketCannotBeAsItSaysIsWarnedOf(String fields, String warning, int datagram)
      throws Exception {
    assertThat(read("udp_listener_config: {quic_options: {}, " + fields + "}").maxDatagram())
        .isEqualTo(datagram);
    assertThat(told.list)
        .singleElement()
        .extracting(ILoggingEvent::getFormattedMessage)
        .asString()
        .startsWith(UDP + warning);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0", "'::'"})
  void anAddressThatStandsForAllIsWarnedOf(String any) throws Exception {
    var unused =
        read(
            "udp_listener_config: {quic_options: {}}, address: {socket_address: {protocol: UDP,"
                + " address: %s, port_value: 1}}".formatted(any));
    assertThat(told.list)
        .singleElement()
        .extracting(ILoggingEvent::getFormattedMessage)
        .asString()
        .startsWith("here: with QUIC on ")
        .endsWith("name each address that is to be served");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "udp_listener_config: {} | here: udp_listener_config: of datagrams only QUIC is served:"
            + " quic_options is missing",
        "udp_listener_config: {quic_options: {}}, listener_filters: [{name: x}] | here:"
            + " listener_filters are not supported with QUIC",
        "udp_listener_config: {quic_options: {}, udp_packet_packet_writer_config: {name: x, typed_config: {'@type': type.googleapis.com/google.protobuf.Empty}}} |"
            + " Didn't find a registered implementation for 'x' with type URL:"
            + " 'google.protobuf.Empty'",
        "udp_listener_config: {quic_options: {save_cmsg_config: [{level: 1}]}} | here:"
            + " udp_listener_config.quic_options: field 'save_cmsg_config' is not supported:"
            + " control messages of datagrams are not read",
      })
  void whatCannotBeObeyedIsRefusedWithItsPath(String fields, String reason) {
    assertThatThrownBy(() -> read(fields)).isInstanceOf(ConfigException.class).hasMessage(reason);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "quic.crypto_stream.v3.CryptoServerStreamConfig, crypto_stream_config",
        "quic.proof_source.v3.ProofSourceConfig, proof_source_config",
        "quic.connection_id_generator.v3.DeterministicConnectionIdGeneratorConfig,"
            + " connection_id_generator_config",
      })
  void whatEnvoyTakesWithoutAWordMayBeNamed(String typeAndField) throws Exception {
    String[] split = typeAndField.split(", ");
    String named = split[1] + ": {name: x, typed_config: {'@type': type.googleapis.com/%s}}";
    assertThat(quic(named.formatted("envoy.extensions." + split[0]))).isEqualTo(quic(""));
    assertThat(told.list).isEmpty();
    assertThatThrownBy(() -> quic(named.formatted("google.protobuf.Empty")))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "Didn't find a registered implementation for 'x' with type URL:"
                + " 'google.protobuf.Empty'");
  }

  @ParameterizedTest
  @CsvSource({"UdpDefaultWriterFactory, 0", "UdpGsoBatchWriterFactory, 1"})
  void datagramsAreWrittenOneByOneHoweverTheyAreToBe(String writer, int warnings) throws Exception {
    var unused =
        read(
            ("udp_listener_config: {quic_options: {}, udp_packet_packet_writer_config: {name: x,"
                    + " typed_config: {'@type':"
                    + " type.googleapis.com/envoy.extensions.udp_packet_writer.v3.%s}}}")
                .formatted(writer));
    assertThat(told.list)
        .hasSize(warnings)
        .allSatisfy(
            warning ->
                assertThat(warning.getFormattedMessage())
                    .isEqualTo(
                        UDP
                            + ".udp_packet_packet_writer_config has no effect: datagrams are"
                            + " written one by one"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"server_preferred_address_config", "connection_debug_visitor_config"})
  void extensionsOfQuicAreRefused(String field) {
    assertThatThrownBy(
            () ->
                quic(
                    field
                        + ": {name: x, typed_config: {'@type': type.googleapis.com/google.protobuf.Empty}}"))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            UDP
                + ".quic_options: field '%s' is not supported: there are no extensions of QUIC"
                    .formatted(field));
  }
}
