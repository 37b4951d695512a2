package io.bifocal.conformance.http3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Started;
import io.bifocal.conformance.Subject;
import io.bifocal.conformance.http2.FrameServer;
import io.bifocal.conformance.tls.Certificates;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A listener of QUIC whose certificate is replaced again and again while clients come and go. */
class Http3RotationTest {
  private static final int ROTATIONS = 100;

  private final Started started = new Started();
  private final Path secret = started.directory().resolve("sds.yaml");
  private final FrameServer upstream = started.keep(FrameServer.scripted("127.0.0.1"));

  @AfterEach
  void stop() throws IOException {
    started.close();
  }

  private void put(int version) {
    X509Bundle own =
        Certificates.issue(Http3Side.CA, Certificates.leaf("one.test").subject("CN=v" + version));
    Path next =
        started.write(
            "next.yaml",
            """
            version_info: "%d"
            resources:
            - "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret
              name: own
              tls_certificate: {certificate_chain: {inline_string: "%s"}, private_key: {inline_string: "%s"}}
            """
                .formatted(
                    version,
                    Http3Bootstrap.line(own.getCertificatePathPEM()),
                    Http3Bootstrap.line(own.getPrivateKeyPEM())));
    try {
      Files.move(next, secret, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void nobodyNotices() {
    put(0);
    String tls =
        "common_tls_context: {tls_certificate_sds_secret_configs: [{name: own, sds_config:"
            + " {resource_api_version: V3, path_config_source: {path: %s}}}]}".formatted(secret);
    Proxy proxy =
        started
            .start(
                Subject.BIFOCAL,
                List.of(),
                Http3Bootstrap.head()
                    + Http3Bootstrap.listener(
                        "quic",
                        "127.0.0.1",
                        "",
                        "stat_prefix: quic",
                        Http3Bootstrap.chain(
                            "quic", "", tls, started.directory().resolve("log"), ""))
                    + Http3Bootstrap.cluster(upstream.address()),
                List.of("--concurrency", "2"))
            .awaitLive();
    Http3Client client = Http3Client.start(started);
    client.load("renewed", proxy.listener("quic"), 3, "/ok", ", \"renew\": 2");
    client.load("kept", proxy.listener("quic"), 2, "/ok", "");
    for (int i = 1; i <= ROTATIONS; i++) {
      put(i);
      proxy.awaitStat("sds.own.update_success", i + 1);
    }
    await("the last certificate")
        .atMost(Duration.ofSeconds(10))
        .until(
            () -> client.connect("last", proxy.listener("quic"), "one.test"),
            shown -> shown.endsWith("CN=v" + ROTATIONS));
    assertThat(client.loaded("renewed")).endsWith("failures []");
    assertThat(client.loaded("kept")).endsWith("2 connections, failures []");
    assertThat(proxy.stat("listener.quic.ssl.connection_error")).isZero();
    assertThat(proxy.stat("listener.quic.server_ssl_socket_factory.ssl_context_update_by_sds"))
        .isGreaterThanOrEqualTo(ROTATIONS);
  }
}
