package io.bifocal.conformance.http3;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Started;
import io.bifocal.conformance.Subject;
import io.bifocal.conformance.tls.Certificates;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Sessions of QUIC, where two listeners have the same keys for tickets. */
class Http3ResumptionTest {
  private static final String KEYS =
      "session_ticket_keys: {keys: [{inline_bytes: \"%s\"}]}"
          .formatted(Base64.getEncoder().encodeToString(new byte[80]));

  private final Started started = new Started();
  private final Path log = started.directory().resolve("log");

  @AfterEach
  void stop() throws IOException {
    started.close();
  }

  private Proxy start() {
    String own = Http3Bootstrap.certificates(Http3Side.ONE);
    String open = "common_tls_context: {%s}, %s".formatted(own, KEYS);
    String mutual =
        "require_client_certificate: true, common_tls_context: {%s, validation_context: {trusted_ca: {inline_string: \"%s\"}}}, %s"
            .formatted(own, Http3Bootstrap.line(Http3Side.CA.getCertificatePEM()), KEYS);
    InetSocketAddress nobody = new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
    return started
        .start(
            Subject.BIFOCAL,
            List.of(),
            Http3Bootstrap.head()
                + Http3Bootstrap.listener(
                    "open", "127.0.0.1", "", "", Http3Bootstrap.chain("open", "", open, log, ""))
                + Http3Bootstrap.listener(
                    "mutual",
                    "127.0.0.1",
                    "",
                    "",
                    Http3Bootstrap.chain("mutual", "", mutual, log, ""))
                + Http3Bootstrap.cluster(nobody)
                + Http3Bootstrap.tunnelCluster(nobody),
            List.of())
        .awaitLive();
  }

  @Test
  void whoIsNotJudgedResumesAndIsJudgedElsewhere() {
    Proxy proxy = start();
    Http3Client client = Http3Client.start(started);
    InetSocketAddress open = proxy.listener("open");
    InetSocketAddress mutual = proxy.listener("mutual");
    assertThat(client.connect("first", open, "one.test", ", \"keep\": \"open\""))
        .startsWith("connected");
    assertThat(client.tell(Ask.get("/direct").json("first"))).startsWith("418");
    assertThat(client.connect("again", open, "one.test", ", \"resume\": \"open\""))
        .isEqualTo("resumed h3");
    assertThat(client.tell(Ask.get("/direct").json("again"))).startsWith("418");

    client.connect("bad", mutual, "one.test", ", \"resume\": \"open\"");
    assertThat(client.tell(Ask.get("/direct").json("bad"))).doesNotStartWith("418");

    X509Bundle own = Certificates.issue(Http3Side.CA, Certificates.leaf("client.test"));
    String shows =
        ", \"certificate\": [\"%s\", \"%s\"]"
            .formatted(
                started.write("client.pem", own.getCertificatePathPEM()),
                started.write("client.key", own.getPrivateKeyPEM()));
    assertThat(client.connect("good", mutual, "one.test", shows + ", \"keep\": \"mutual\""))
        .startsWith("connected");
    assertThat(client.tell(Ask.get("/direct").json("good"))).startsWith("418");
    assertThat(client.connect("same", mutual, "one.test", ", \"resume\": \"mutual\""))
        .isEqualTo("resumed h3");
    assertThat(client.tell(Ask.get("/direct").json("same"))).startsWith("418");
  }
}
