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
                + Http3Bootstrap.listener(
                    "accepting",
                    "127.0.0.1",
                    "",
                    "stat_prefix: accepting",
                    Http3Bootstrap.chain(
                        "accepting",
                        "",
                        mutual.replace(
                            "trusted_ca", "trust_chain_verification: ACCEPT_UNTRUSTED, trusted_ca"),
                        log,
                        ""))
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

    assertThat(
            client.connect(
                "good", mutual, "one.test", shows(Http3Side.CA) + ", \"keep\": \"mutual\""))
        .startsWith("connected");
    assertThat(client.tell(Ask.get("/direct").json("good"))).startsWith("418");
    assertThat(client.connect("same", mutual, "one.test", ", \"resume\": \"mutual\""))
        .isEqualTo("resumed h3");
    assertThat(client.tell(Ask.get("/direct").json("same"))).startsWith("418");
  }

  /** Here alone: over QUIC Envoy keeps no session of clients that it judges. */
  @Test
  void whoComesBackIsJudgedAgain() {
    Proxy proxy = start();
    Http3Client client = Http3Client.start(started);
    comesBack(client, proxy.listener("mutual"), Http3Side.CA, "validated");
    X509Bundle stranger = Certificates.root("strange");
    comesBack(client, proxy.listener("accepting"), stranger, "presented");
    assertThat(proxy.stat("listener.accepting.ssl.fail_verify_error")).isEqualTo(2);
  }

  private void comesBack(
      Http3Client client, InetSocketAddress to, X509Bundle authority, String as) {
    String keep = ", \"keep\": \"%s\"".formatted(as);
    assertThat(client.connect("first", to, "one.test", shows(authority) + keep))
        .startsWith("connected");
    assertThat(client.tell(Ask.get("/validated").json("first"))).endsWith(as);
    assertThat(client.connect("again", to, "one.test", keep.replace("keep", "resume")))
        .isEqualTo("resumed h3");
    assertThat(client.tell(Ask.get("/validated").json("again"))).endsWith(as);
  }

  private String shows(X509Bundle authority) {
    X509Bundle own = Certificates.issue(authority, Certificates.leaf("client.test"));
    return ", \"certificate\": [\"%s\", \"%s\"]"
        .formatted(
            started.write("client.pem", own.getCertificatePathPEM()),
            started.write("client.key", own.getPrivateKeyPEM()));
  }
}
