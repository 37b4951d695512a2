package io.bifocal.dataplane.cli.probe;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import io.bifocal.dataplane.host.Address;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command against servers that speak TLS, well or badly or not at all. */
class ProbeOverTlsTest {
  @TempDir Path dir;
  private X509Bundle authority;
  private String ca;

  @BeforeEach
  void foundAnAuthority() throws Exception {
    authority =
        new CertificateBuilder()
            .ecp256()
            .subject("CN=authority")
            .setIsCertificateAuthority(true)
            .buildSelfSigned();
    ca = Files.writeString(dir.resolve("ca.pem"), authority.getCertificatePEM()).toString();
  }

  @Test
  void theHandshakeIsPartOfTheAttempt() throws Exception {
    try (TlsServer server = new TlsServer(issue("svc.test"), "h2")) {
      JsonObject report =
          Probing.json(
              "https://svc.test:" + server.port(),
              "--addresses",
              "127.0.0.1",
              "--ca",
              ca,
              "--alpn",
              "h2,http/1.1");
      JsonObject run = Probing.onlyRun(report);
      JsonObject attempt = run.getAsJsonArray("attempts").get(0).getAsJsonObject();
      JsonObject session = run.getAsJsonObject("tls_session");

      assertThat(report.get("connected").getAsBoolean()).isTrue();
      assertThat(attempt.get("connected_ms").getAsDouble())
          .isBetween(
              attempt.get("started_ms").getAsDouble(), attempt.get("ended_ms").getAsDouble());
      assertThat(session.get("protocol").getAsString()).isEqualTo("TLSv1.3");
      assertThat(session.get("alpn").getAsString()).isEqualTo("h2");
      assertThat(session.getAsJsonObject("certificate").get("issuer").getAsString())
          .isEqualTo("CN=authority");
    }
  }

  @Test
  void whatWasAgreedOnIsToldAndDrawn() throws Exception {
    try (TlsServer server = new TlsServer(issue("svc.test"))) {
      Probing ran = probe("svc.test", server, "--ca", ca);

      assertThat(ran.status()).isZero();
      assertThat(ran.out().replaceAll("\\s+", " "))
          .contains("svc.test:" + server.port() + " over TLS")
          .containsPattern("won after [0-9.]+ ms, TLS [0-9.]+ ms of it")
          .contains("= ~ TLS handshake")
          .contains("no ALPN; certificate of CN=svc.test from CN=authority, until ");
    }
  }

  @Test
  void aCertificateThatNobodyTrustedVouchesForIsRefusedUnlessAnybodyWillDo() throws Exception {
    try (TlsServer server = new TlsServer(issue("svc.test"))) {
      assertFails(probe("svc.test", server), "certificate not trusted", "--ca");
      assertThat(probe("svc.test", server, "--insecure").status()).isZero();
    }
  }

  @Test
  void aCertificateForAnotherNameIsRefusedUnlessThatNameIsMeant() throws Exception {
    try (TlsServer server = new TlsServer(issue("other.test"))) {
      assertFails(
          probe("svc.test", server, "--ca", ca),
          "certificate for another name",
          "it is for other.test");
      assertThat(probe("svc.test", server, "--ca", ca, "--sni", "other.test").status()).isZero();
    }
  }

  @Test
  void aCertificateIsRefusedBeforeAndAfterItsTime() throws Exception {
    Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    X509Bundle expired =
        TlsServer.certificate("svc.test")
            .notBefore(now.minusSeconds(7200))
            .notAfter(now.minusSeconds(3600))
            .buildIssuedBy(authority);
    X509Bundle early =
        TlsServer.certificate("svc.test")
            .notBefore(now.plusSeconds(3600))
            .notAfter(now.plusSeconds(7200))
            .buildIssuedBy(authority);

    try (TlsServer server = new TlsServer(expired)) {
      assertFails(probe("svc.test", server, "--ca", ca), "certificate expired", "--insecure");
    }
    try (TlsServer server = new TlsServer(early)) {
      assertFails(
          probe("svc.test", server, "--ca", ca), "certificate not valid yet", "clock right?");
    }
  }

  @Test
  void whoDoesNotSpeakTlsIsTold() throws Exception {
    try (ServerSocket server = TlsServer.saying("220 mail.test ESMTP\r\n".getBytes(US_ASCII))) {
      assertFails(probe(server), "not TLS", "--no-tls");
    }
    try (ServerSocket server = TlsServer.saying(new byte[0])) {
      assertFails(probe(server), "closed by the peer", "hangs up in the handshake");
    }
    byte[] alert = {21, 3, 3, 0, 2, 2, 40};
    try (ServerSocket server = TlsServer.saying(alert)) {
      assertFails(probe(server), "TLS failed", "it refuses: handshake failure");
    }
  }

  @Test
  void whoNeverAnswersTheHandshakeIsToldFromWhoNeverAnswers() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 16)) {
      Probing ran =
          Probing.run("127.0.0.1:" + server.getLocalPort(), "--tls", "--connect-timeout", "200ms");

      assertFails(ran, "no answer", "TLS was not ready before --connect-timeout");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "http://a --insecure;             need a target with TLS",
        "https://a --insecure --ca x.pem; give one of them",
        "https://a --ca /nowhere/ca.pem;  --ca /nowhere/ca.pem: cannot be read",
        "https://a --sni 192.0.2.1;       must be a name",
        "https://a --alpn h2,,h3;         1 to 255 characters",
      })
  void whatCannotBeTakenIsOneLine(String arguments, String word) {
    Probing ran = Probing.run(arguments.split(" "));

    assertThat(ran.status()).isEqualTo(2);
    assertThat(ran.err().lines()).singleElement().asString().contains(word);
  }

  private X509Bundle issue(String name) throws Exception {
    return TlsServer.certificate(name).buildIssuedBy(authority);
  }

  private static Probing probe(String name, TlsServer server, String... options) {
    String[] target = {"https://" + name + ":" + server.port(), "--addresses", server.address()};
    return Probing.run(Probing.with(target, options));
  }

  private static Probing probe(ServerSocket server) {
    return Probing.run(Address.of(server.getLocalSocketAddress()).text(), "--tls");
  }

  private static void assertFails(Probing ran, String reason, String advice) {
    assertThat(ran.status()).isEqualTo(1);
    assertThat(ran.out().replaceAll("\\s+", " ")).contains(reason + " after").contains(advice);
  }
}
