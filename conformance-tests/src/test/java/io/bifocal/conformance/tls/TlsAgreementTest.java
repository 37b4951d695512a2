package io.bifocal.conformance.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.AccessLogFile;
import io.bifocal.conformance.Bootstraps;
import io.bifocal.conformance.Http;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import io.bifocal.conformance.tls.TlsBackend.Manner;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * One bootstrap with a cluster for each way in which a peer can be good or bad, obeyed by both:
 * their answers, their access logs with flags and failure reasons, and their statistics of TLS are
 * the same.
 */
class TlsAgreementTest {
  /** What Bifocal does not keep: its libraries do not tell, or it concerns servers only. */
  private static final Pattern NOT_KEPT =
      Pattern.compile("curves\\..*|sigalgs\\..*|certificate\\..*|ocsp_staple_.*");

  private static final String COUNTS = "upstream_cx_(total|connect_fail|destroy|destroy_remote)";

  /** As long as a client's first message can be; what is not read would turn a close to a reset. */
  private static final int HELLO = 8_192;

  private static final X509Bundle CA = Certificates.root("ca");
  private static final X509Bundle OTHER = Certificates.root("other");
  private static final X509Bundle GOOD = issued(Certificates.leaf("good.test"));
  private static final String TRUST =
      "trusted_ca: {inline_string: \"%s\"}".formatted(CA.getCertificatePEM().replace("\n", "\\n"));

  @RegisterExtension final Stage stage = new Stage();

  private final Map<String, String> clusters = new LinkedHashMap<>();

  @Test
  void goodAndBadPeersAreTreatedAlike() throws Exception {
    cases();
    Map<String, String> expected = observe(Subject.ENVOY);
    Map<String, String> observed = observe(Subject.BIFOCAL);
    assertThat(expected).hasSizeGreaterThan(3 * clusters.size());
    assertThat(String.join("\n", expected.values()))
        .contains("200", "UF", "CERTIFICATE_VERIFY_FAILED", "WRONG_VERSION_NUMBER");
    assertThat(observed).containsExactlyInAnyOrderEntriesOf(expected);
  }

  private void cases() {
    X509Bundle stranger = Certificates.issue(OTHER, Certificates.leaf("good.test"));
    X509Bundle expired =
        issued(Certificates.leaf("good.test").notAfter(Instant.now().minusSeconds(10)));
    X509Bundle early =
        issued(Certificates.leaf("good.test").notBefore(Instant.now().plusSeconds(9_000)));
    X509Bundle between = issued(Certificates.authority("between"));
    X509Bundle below = Certificates.issue(between, Certificates.leaf("good.test"));
    X509Bundle alone =
        X509Bundle.fromCertificatePath(
            new java.security.cert.X509Certificate[] {below.getCertificate()},
            CA.getCertificate(),
            below.getKeyPair());
    X509Bundle self = Certificates.root("self");

    trusting("good", TlsBackend.serving(GOOD));
    trusting("stranger", TlsBackend.serving(stranger));
    trusting("stranger-with-root", TlsBackend.serving(withRoot(stranger)));
    trusting("self-signed", TlsBackend.serving(self));
    trusting("expired", TlsBackend.serving(expired));
    trusting("early", TlsBackend.serving(early));
    trusting("below", TlsBackend.serving(below));
    trusting("below-alone", TlsBackend.serving(alone));
    trusting(
        "client-only",
        TlsBackend.serving(issued(Certificates.leaf("good.test").addExtendedKeyUsageClientAuth())));
    validating("unverified", "", TlsBackend.serving(stranger));
    validating(
        "allow-expired", TRUST + ", allow_expired_certificate: true", TlsBackend.serving(expired));
    validating(
        "accept-untrusted",
        TRUST + ", trust_chain_verification: ACCEPT_UNTRUSTED",
        TlsBackend.serving(stranger));
    validating("san", TRUST + san("good.test"), TlsBackend.serving(GOOD));
    validating("san-wrong", TRUST + san("x.test"), TlsBackend.serving(GOOD));
    validating(
        "hash-wrong",
        "verify_certificate_hash: [" + "ab".repeat(32) + "]",
        TlsBackend.serving(GOOD));
    cluster(
        "auto-san",
        context(TRUST) + ", sni: good.test, auto_sni_san_validation: true",
        TlsBackend.serving(GOOD));
    cluster(
        "auto-san-wrong",
        context(TRUST) + ", sni: x.test, auto_sni_san_validation: true",
        TlsBackend.serving(GOOD));

    trusting("closes", client -> client.getInputStream().read(new byte[HELLO]));
    trusting(
        "resets",
        client -> {
          var unused = client.getInputStream().read(new byte[HELLO]);
          client.setSoLinger(true, 0);
        });
    trusting(
        "plain",
        client -> {
          client.getOutputStream().write("220 mail.test\r\n".getBytes(StandardCharsets.UTF_8));
          var unused = client.getInputStream().read(new byte[HELLO]);
        });
    trusting(
        "newer",
        TlsBackend.serving(GOOD, null, tls -> tls.setEnabledProtocols(new String[] {"TLSv1.3"})));
    cluster(
        "newest",
        "common_tls_context: {tls_params: {tls_maximum_protocol_version: TLSv1_3},"
            + " validation_context: {"
            + TRUST
            + "}}",
        TlsBackend.serving(GOOD, null, tls -> tls.setEnabledProtocols(new String[] {"TLSv1.3"})));
    trusting("client-wanted", TlsBackend.serving(GOOD, CA, tls -> {}));
    X509Bundle client = issued(Certificates.leaf("client.test"));
    cluster(
        "client-proved",
        "common_tls_context: {tls_certificates: [{certificate_chain: {inline_string: \"%s\"},"
                .formatted(client.getCertificatePathPEM().replace("\n", "\\n"))
            + " private_key: {inline_string: \"%s\"}}], validation_context: {%s}}"
                .formatted(client.getPrivateKeyPEM().replace("\n", "\\n"), TRUST),
        TlsBackend.serving(GOOD, CA, tls -> {}));
  }

  private static X509Bundle issued(CertificateBuilder builder) {
    return Certificates.issue(CA, builder);
  }

  private static X509Bundle withRoot(X509Bundle bundle) {
    return X509Bundle.fromCertificatePath(
        bundle.getCertificatePathWithRoot(), bundle.getRootCertificate(), bundle.getKeyPair());
  }

  private static String san(String name) {
    return ", match_typed_subject_alt_names: [{san_type: DNS, matcher: {exact: %s}}]"
        .formatted(name);
  }

  private static String context(String validation) {
    return "common_tls_context: {validation_context: {" + validation + "}}";
  }

  private void trusting(String name, Manner manner) {
    validating(name, TRUST, manner);
  }

  private void validating(String name, String validation, Manner manner) {
    cluster(name, validation.isEmpty() ? "common_tls_context: {}" : context(validation), manner);
  }

  private void cluster(String name, String tls, Manner manner) {
    int port = stage.keep(TlsBackend.start("127.0.0.1", manner)).address().getPort();
    clusters.put(
        name,
        """
          - name: %1$s
            type: STATIC
            connect_timeout: 5s
            load_assignment: {cluster_name: %1$s, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %2$d}}}}]}]}
            transport_socket: {name: envoy.transport_sockets.tls, typed_config: {"@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext, %3$s}}
        """
            .formatted(name, port, tls));
  }

  /** By what it is: answers, lines of the log, statistics. */
  private Map<String, String> observe(Subject subject) throws Exception {
    Path log = stage.directory().resolve(subject + ".log");
    Proxy proxy = stage.start(subject, bootstrap(log));
    InetSocketAddress listener = proxy.listener("ingress");
    Map<String, String> observed = new TreeMap<>();
    for (String name : clusters.keySet()) {
      Http.Response response = Http.get(listener, "/" + name);
      observed.put(name + " answer", response.status() + " " + response.body());
    }
    proxy.stats().forEach((name, value) -> count(name, value, observed));
    proxy.program().terminate();
    await().until(() -> AccessLogFile.lines(log).size() == clusters.size());
    for (String line : AccessLogFile.lines(log)) {
      observed.put(line.substring(1, line.indexOf(' ')) + " log", line);
    }
    return observed;
  }

  private void count(String stat, String value, Map<String, String> observed) {
    for (String name : clusters.keySet()) {
      String prefix = "cluster." + name + ".";
      if (!stat.startsWith(prefix)) {
        continue;
      }
      String rest = stat.substring(prefix.length());
      boolean tls = rest.startsWith("ssl.") && !NOT_KEPT.matcher(rest.substring(4)).matches();
      if (tls || rest.matches(COUNTS)) {
        observed.put(name + " " + rest, value);
      }
    }
  }

  private String bootstrap(Path log) {
    StringBuilder routes = new StringBuilder();
    clusters
        .keySet()
        .forEach(
            name ->
                routes
                    .append(routes.isEmpty() ? "" : ", ")
                    .append("{match: {path: /%1$s}, route: {cluster: %1$s}}".formatted(name)));
    return Bootstraps.ingress(
            Bootstraps.accessLog(
                    log,
                    "%REQ(:PATH)% %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%"
                        + " %UPSTREAM_TRANSPORT_FAILURE_REASON%")
                + "route_config: {virtual_hosts: [{name: all, domains: [\"*\"], routes: [%s]}]}"
                    .formatted(routes))
        + String.join("", clusters.values());
  }
}
