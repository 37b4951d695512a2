package io.bifocal.conformance.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.SideBySide;
import io.bifocal.conformance.Sides;
import io.bifocal.conformance.Started;
import io.bifocal.conformance.Subject;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What is passed on of clients' certificates in {@code x-forwarded-client-cert}, by Envoy and by
 * Bifocal.
 */
class ForwardedCertificatesTest {
  private static final String TYPES = "type.googleapis.com/envoy.extensions.";
  private static final List<String> DETAILS =
      List.of(
          "",
          "subject: true",
          "cert: true",
          "chain: true",
          "dns: true",
          "uri: true",
          "subject: true, cert: true, chain: true, dns: true, uri: true");
  private static final List<String> BEFORE =
      List.of(
          "",
          "x-forwarded-client-cert: Hash=0;Subject=\"a, b\"\r\n",
          "x-forwarded-client-cert: Hash=0\r\nx-forwarded-client-cert: Hash=1\r\n");

  private static final X509Bundle ROOT = Certificates.root("root");
  private static final X509Bundle SERVER =
      Certificates.issue(
          ROOT,
          Certificates.leaf("s.example")
              .addSanUriName(URI.create("spiffe://s/1"))
              .addSanUriName(URI.create("urn:s")));
  private static final X509Bundle RICH =
      Certificates.issue(
          Certificates.issue(ROOT, Certificates.authority("between")),
          Certificates.leaf("b.example")
              .subject("CN=with\\, comma,O=o")
              .addSanDnsName("a.example")
              .addSanUriName(URI.create("spiffe://c/2"))
              .addSanUriName(URI.create("spiffe://c/1")));
  private static final X509Bundle POOR =
      Certificates.issue(ROOT, new CertificateBuilder().ecp256().subject("CN=poor"));

  @RegisterExtension
  static final Sides<Proxy> SIDES = new Sides<>(ForwardedCertificatesTest::proxy);

  private static Proxy proxy(Subject subject, Started started) {
    String tls =
        "transport_socket: {name: tls, typed_config: {\"@type\": %stransport_sockets.tls.v3.DownstreamTlsContext, common_tls_context: {tls_certificates: [{certificate_chain: {filename: %s}, private_key: {filename: %s}}], validation_context: {trusted_ca: {filename: %s}}}}},"
            .formatted(
                TYPES,
                started.write("chain.pem", SERVER.getCertificatePathPEM()),
                started.write("key.pem", SERVER.getPrivateKeyPEM()),
                started.write("trusted.pem", ROOT.getCertificatePEM()));
    StringBuilder listeners = new StringBuilder();
    for (String mode :
        List.of(
            "SANITIZE", "FORWARD_ONLY", "APPEND_FORWARD", "SANITIZE_SET", "ALWAYS_FORWARD_ONLY")) {
      for (int i = 0; i < DETAILS.size(); i++) {
        listeners.append(listener(mode, i, tls));
      }
    }
    return started
        .start(
            subject,
            List.of(),
            """
            admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
            static_resources:
              listeners:
            """
                + listeners,
            List.of("-l", "warning"))
        .awaitLive();
  }

  private static String name(String mode, int details) {
    return mode.toLowerCase(Locale.ROOT) + details;
  }

  /** One that tells what upstreams would be told. */
  private static String listener(String mode, int details, String tls) {
    return """
          - name: %2$s
            address: {socket_address: {address: 127.0.0.1, port_value: 0}}
            filter_chains: [{%3$s filters: [{name: http, typed_config: {
              "@type": %1$sfilters.network.http_connection_manager.v3.HttpConnectionManager, stat_prefix: s,
              forward_client_cert_details: %4$s, set_current_client_cert_details: {%5$s},
              route_config: {virtual_hosts: [{name: v, domains: ["*"], routes: [{match: {prefix: /},
                response_headers_to_add: [{header: {key: x-told, value: "%%REQ(x-forwarded-client-cert)%%"}}],
                direct_response: {status: 200, body: {inline_string: ok}}}]}]},
              http_filters: [{name: r, typed_config: {"@type": %1$sfilters.http.router.v3.Router}}]}}]}]
        """
        .formatted(TYPES, name(mode, details), tls, mode, DETAILS.get(details));
  }

  /** What is told of a client by all listeners of one mode. */
  private static List<String> told(Proxy proxy, String mode, @Nullable X509Bundle client) {
    List<String> told = new ArrayList<>();
    for (int i = 0; i < DETAILS.size(); i++) {
      try (TlsVisit visit = TlsVisit.to(proxy.listener(name(mode, i)), client)) {
        for (String before : BEFORE) {
          visit.head(before).lines().filter(line -> line.startsWith("x-told")).forEach(told::add);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return told;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SANITIZE",
        "FORWARD_ONLY",
        "APPEND_FORWARD",
        "SANITIZE_SET",
        "ALWAYS_FORWARD_ONLY"
      })
  void bothTellTheSameOfEachClient(String mode) {
    for (@Nullable X509Bundle client : new @Nullable X509Bundle[] {RICH, POOR, null}) {
      SideBySide.Both<List<String>> told = SIDES.ask(proxy -> told(proxy, mode, client));
      assertThat(told.bifocal()).isEqualTo(told.envoy());
      boolean sets = client != null && (mode.equals("SANITIZE_SET") || mode.startsWith("APPEND"));
      assertThat(told.bifocal().toString().contains("By=spiffe://s/1")).isEqualTo(sets);
    }
  }
}
