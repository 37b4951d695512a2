package io.bifocal.conformance.rfc8305;

import io.bifocal.conformance.Subject;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Races to the end of the TLS handshake, the certificate's check included. */
class TlsRaceTest {
  private static final Map<String, ?> SILENT = Map.of("kind", "silent");
  private static final Map<String, ?> PLAIN = Map.of();

  @RegisterExtension static final WireLab wire = new WireLab();

  @TempDir static Path directory;

  private static Map<String, ?> good = Map.of();
  private static Map<String, ?> bad = Map.of();
  private static Path authority = Path.of("");

  @BeforeAll
  static void makeCertificates() throws Exception {
    LabAuthority trusted = LabAuthority.make(directory, "trusted");
    authority = trusted.certificate();
    good = trusted.server("good");
    bad = LabAuthority.make(directory, "unknown").server("bad");
  }

  private static Race race(String addresses) {
    return Race.of(addresses)
        .with(
            "transport_socket: {name: tls, typed_config: {\"@type\":"
                + " type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext,"
                + " sni: server.lab, common_tls_context: {validation_context: {trusted_ca:"
                + " {filename: \""
                + authority
                + "\"}}}}}");
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aServerThatIsSilentInTlsCostsOneDelay(Subject subject) {
    wire.run(
        subject,
        race("6a 4a").served("6a", SILENT).served("4a", good),
        Expected.onTheWire("0 6a, 300 4a")
            .replies("200 4a at 300")
            .counts("upstream_cx_total 2, upstream_cx_connect_fail 0")
            .logs("host=6a remote=4a"));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aCertificateOfAnUnknownAuthorityStartsTheNextAtOnce(Subject subject) {
    wire.run(
        subject,
        race("6a 4a").served("6a", bad).served("4a", good),
        Expected.onTheWire("0 6a, 0 4a")
            .replies("200 4a at 0")
            .counts("upstream_cx_total 2, upstream_cx_connect_fail 0"));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void soDoesAServerThatSpeaksNoTls(Subject subject) {
    wire.run(
        subject,
        race("6a 4a").served("6a", PLAIN).served("4a", good),
        Expected.onTheWire("0 6a, 0 4a").replies("200 4a at 0").counts("upstream_cx_total 2"));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aHandshakeLongerThanTheDelayIsOvertaken(Subject subject) {
    wire.run(
        subject,
        race("6a 4a").served("6a", good).served("4a", good).where("6a answers after 200"),
        Expected.onTheWire("0 6a, 300 4a").replies("200 4a at 300"));
  }

  /** TLS 1.2, which is as far as Envoy goes by default, takes two round trips. */
  @ParameterizedTest
  @EnumSource(Subject.class)
  void theFirstToEndItsHandshakeWins(Subject subject) {
    wire.run(
        subject,
        race("6a 4a")
            .served("6a", good)
            .served("4a", good)
            .where("6a answers after 220, 4a answers after 180"),
        Expected.onTheWire("0 6a, 300 4a").replies("200 6a at 880"));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void noCertificateIsGood(Subject subject) {
    wire.run(
        subject,
        race("6a 4a").served("6a", bad).served("4a", bad),
        Expected.onTheWire("0 6a, 0 4a")
            .replies(Outcome.REFUSED + " at 0")
            .counts("upstream_cx_total 2, upstream_cx_connect_fail 1")
            .logs(
                "503 UF upstream_reset_before_response_started{remote_connection_failure|TLS_error")
            .logs("CERTIFICATE_VERIFY_FAILED"));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void theConnectTimeoutCoversTheHandshakes(Subject subject) {
    wire.run(
        subject,
        race("6a 4a").served("6a", SILENT).served("4a", SILENT).within("0.6s"),
        Expected.onTheWire("0 6a, 300 4a")
            .replies(Outcome.TIMED_OUT + " at 600")
            .counts("upstream_cx_connect_timeout 1, upstream_cx_connect_fail 1"));
  }
}
