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
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * One bootstrap with a cluster for each way in which a peer can be good or bad, obeyed by both:
 * their answers, their access logs with flags and failure reasons, and their statistics of TLS are
 * the same.
 */
class TlsAgreementTest {
  /**
   * What Bifocal does not keep: its library does not tell, it concerns servers only, or there is no
   * such certificate.
   */
  private static final Pattern NOT_KEPT =
      Pattern.compile("sigalgs\\..*|certificate\\.unnamed_ca_cert\\..*|ocsp_staple_.*");

  private static final String COUNTS = "upstream_cx_(total|connect_fail|destroy|destroy_remote)";

  /** As long as a client's first message can be; what is not read would turn a close to a reset. */
  private static final int HELLO = 8_192;

  private static final String HOST = "conformance";
  private static final Map<String, String> HEADERS =
      Map.of("x-name", "x.test", "x-address", "127.0.0.1", "x-nobody", ":443");

  private static final X509Bundle CA = Certificates.root("ca");
  private static final X509Bundle OTHER = Certificates.root("other");
  private static final X509Bundle GOOD = issued(Certificates.leaf("good.test"));
  private static final String TRUST =
      "trusted_ca: {inline_string: \"%s\"}".formatted(inline(CA.getCertificatePEM()));

  /** What peers say that are bad in themselves. */
  private static final Map<String, Manner> BAD =
      Map.of(
          "truncated", saying("16 0303 0064 02 000060 0303 0102"),
          "alert-version", saying("15 0301 0002 02 46"),
          "alert-alpn", saying("15 0303 0002 02 78"),
          "alert-certificate", saying("15 0303 0002 02 2a"),
          "old", saying("16 0302 002a 02 000026 0302" + "ab".repeat(32) + "00 c013 00"),
          "old-3", saying("16 0300 002a 02 000026 0300" + "ab".repeat(32) + "00 0035 00"),
          "no-cipher", saying("16 0303 002a 02 000026 0303" + "ab".repeat(32) + "00 1301 00"),
          "strange", saying("16 0303 0004 63 000000"));

  /**
   * What is otherwise here: the library lets a server ask for another handshake once only. Envoy
   * counts an error after a handshake twice.
   */
  private static final Map<String, String> DIFFERENT =
      Map.of(
          "asks-again ssl.connection_error", "1",
          "may-ask-twice ssl.connection_error", "1",
          "may-ask-twice upstream_cx_destroy", "1",
          "may-ask-twice upstream_cx_destroy_remote", "1",
          "may-ask-twice answer",
              "503 upstream connect error or disconnect/reset before headers. reset reason:"
                  + " connection termination",
          "may-ask-twice log",
              "/may-ask-twice 503 UC"
                  + " upstream_reset_before_response_started{connection_termination} -");

  @RegisterExtension final Stage stage = new Stage();

  private final Map<String, String> clusters = new LinkedHashMap<>();

  @Test
  void goodAndBadPeersAreTreatedAlike() throws Exception {
    cases();
    namedByRequests();
    namedByHosts();
    worsePeers();
    goodAtTheSecondAddress();
    askingAgain();
    Map<String, String> expected = observe(Subject.ENVOY);
    Map<String, String> observed = observe(Subject.BIFOCAL);
    assertThat(expected).hasSizeGreaterThan(3 * clusters.size());
    assertThat(String.join("\n", expected.values()))
        .contains("200", "UF", "CERTIFICATE_VERIFY_FAILED", "WRONG_VERSION_NUMBER");
    assertThat(observed).containsAllEntriesOf(DIFFERENT);
    assertThat(comparable(observed)).containsExactlyInAnyOrderEntriesOf(comparable(expected));
    clusters.keySet().stream()
        .filter(name -> name.startsWith("second-after-"))
        .forEach(name -> assertThat(observed).as(name).containsEntry(name + " answer", "200 ok"));
    assertThat(observed).containsEntry("may-ask-again answer", "200 ok");
    assertThat(expected).containsEntry("may-ask-twice answer", "200 ok");
  }

  private static Map<String, String> comparable(Map<String, String> all) {
    Map<String, String> comparable = new TreeMap<>(all);
    comparable.keySet().removeAll(DIFFERENT.keySet());
    return comparable;
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

  private void worsePeers() throws Exception {
    X509Bundle revoked = issued(Certificates.leaf("good.test"));
    String list = inline(Certificates.revocations(CA, revoked));
    String crl = TRUST + ", crl: {inline_string: \"%s\"}".formatted(list);
    validating("not-revoked", crl, TlsBackend.serving(GOOD));
    validating("revoked", crl, TlsBackend.serving(revoked));
    trusting("weak", TlsBackend.serving(Certificates.weak(CA, "good.test")));
    for (Map.Entry<String, Manner> bad : BAD.entrySet()) {
      trusting(bad.getKey(), bad.getValue());
    }
    trusting("silent", client -> client.getInputStream().readAllBytes());
    clusters.computeIfPresent("silent", (name, yaml) -> yaml.replace("t: 5s", "t: 0.5s"));
    String offering = "common_tls_context: {alpn_protocols: [http/1.1], validation_context: {";
    cluster("alpn-none", offering + TRUST + "}}", TlsBackend.serving(GOOD));
    cluster(
        "alpn-other",
        offering + TRUST + "}}",
        TlsBackend.serving(GOOD, null, tls -> speaking(tls, "other")));
  }

  /** The peer at a host's first address is bad, and that at its second is good. */
  private void goodAtTheSecondAddress() throws Exception {
    X509Bundle stranger = Certificates.issue(OTHER, Certificates.leaf("good.test"));
    X509Bundle expired =
        issued(Certificates.leaf("good.test").notAfter(Instant.now().minusSeconds(10)));
    Map<String, Manner> bad = new LinkedHashMap<>(BAD);
    bad.put("stranger", TlsBackend.serving(stranger));
    bad.put("expired", TlsBackend.serving(expired));
    bad.put("self-signed", TlsBackend.serving(Certificates.root("self")));
    bad.put("weak", TlsBackend.serving(Certificates.weak(CA, "good.test")));
    bad.put("silent", client -> client.getInputStream().readAllBytes());
    X509Bundle revoked = issued(Certificates.leaf("good.test"));
    String crl =
        TRUST
            + ", crl: {inline_string: \"%s\"}"
                .formatted(inline(Certificates.revocations(CA, revoked)));
    bad.put("closes", client -> client.getInputStream().read(new byte[HELLO]));
    bad.put("client-wanted", TlsBackend.serving(GOOD, CA, tls -> {}));
    int good =
        stage.keep(TlsBackend.start("127.0.0.1", TlsBackend.serving(GOOD))).address().getPort();
    bad.forEach((name, manner) -> trusting("second-after-" + name, manner));
    validating("second-after-revoked", crl, TlsBackend.serving(revoked));
    validating(
        "second-after-wrong-name",
        TRUST + san("good.test"),
        TlsBackend.serving(issued(Certificates.leaf("x.test"))));
    clusters.replaceAll(
        (name, yaml) ->
            name.startsWith("second-after-")
                ? yaml.replace(
                    "}}}]}]}",
                    "}, additional_addresses: [{address: {socket_address: {address: 127.0.0.1,"
                        + " port_value: %d}}}]}}]}]}".formatted(good))
                : yaml);
  }

  /** Servers that shake hands again when they have heard a request. */
  private void askingAgain() {
    cluster("asks-again", context(TRUST), TlsBackend.shakingHandsAgain(GOOD, 1));
    cluster(
        "may-ask-again",
        context(TRUST) + ", allow_renegotiation: true",
        TlsBackend.shakingHandsAgain(GOOD, 1));
    cluster(
        "may-ask-twice",
        context(TRUST) + ", allow_renegotiation: true",
        TlsBackend.shakingHandsAgain(GOOD, 2));
  }

  private static void speaking(SSLSocket tls, String protocol) {
    SSLParameters parameters = tls.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {protocol});
    tls.setSSLParameters(parameters);
  }

  /** Reads a client's first message and answers with these bytes, in hexadecimal. */
  private static Manner saying(String hex) {
    return client -> {
      var unused = client.getInputStream().read(new byte[HELLO]);
      client.getOutputStream().write(HexFormat.of().parseHex(hex.replace(" ", "")));
      client.shutdownOutput();
      client.getInputStream().transferTo(OutputStream.nullOutputStream());
    };
  }

  private void namedByRequests() {
    X509Bundle own = issued(Certificates.leaf(HOST));
    X509Bundle address = issued(Certificates.leaf("x.test").addSanIpAddress("127.0.0.1"));
    String sni = "auto_sni: true";
    String san = "auto_san_validation: true";
    named("auto-sni", context(TRUST), sni, answeringTo(HOST));
    named("auto-sni-other", context(TRUST), sni, answeringTo("x.test"));
    named("auto-sni-first", context(TRUST) + ", sni: x.test", sni, answeringTo(HOST));
    named(
        "auto-sni-header",
        context(TRUST),
        sni + ", override_auto_sni_header: x-name",
        answeringTo("x.test"));
    named(
        "auto-sni-no-header",
        context(TRUST),
        sni + ", override_auto_sni_header: x-none",
        answeringTo(HOST));
    named("auto-san-validation", context(TRUST), sni + ", " + san, TlsBackend.serving(own));
    named("auto-san-other", context(TRUST), sni + ", " + san, TlsBackend.serving(GOOD));
    named("auto-san-alone", context(TRUST), san, TlsBackend.serving(GOOD));
    named("auto-san-anybody", "common_tls_context: {}", san, TlsBackend.serving(GOOD));
    named("auto-san-anybody-good", "common_tls_context: {}", san, TlsBackend.serving(own));
    named("auto-san-nothing", context(""), san, TlsBackend.serving(own));
    named("auto-san-nothing-other", context(""), san, TlsBackend.serving(GOOD));
    named("auto-san-both", context(TRUST + san("x.test")), san, TlsBackend.serving(own));
    named(
        "auto-san-address",
        context(TRUST),
        sni + ", " + san + ", override_auto_sni_header: x-address",
        TlsBackend.serving(address));
    named(
        "auto-san-nobody",
        context(TRUST),
        sni + ", " + san + ", override_auto_sni_header: x-nobody",
        TlsBackend.serving(own));
    named(
        "auto-san-nobody-nothing",
        context(""),
        san + ", override_auto_sni_header: x-nobody",
        TlsBackend.serving(own));
  }

  /** Hosts that have names of their own. */
  private void namedByHosts() {
    String names = context(TRUST) + ", sni: x.test, auto_host_sni: true";
    cluster("host-sni", names, answeringTo("good.test"));
    cluster("host-sni-other", names, answeringTo("x.test"));
    cluster("host-sni-nameless", names, answeringTo("x.test"));
    String judged = names + ", auto_sni_san_validation: true";
    cluster("host-sni-judged", judged, TlsBackend.serving(GOOD));
    X509Bundle other = issued(Certificates.leaf("x.test"));
    cluster("host-sni-judged-other", judged, TlsBackend.serving(other));
    clusters.replaceAll(
        (name, yaml) ->
            name.startsWith("host-sni") && !name.endsWith("nameless")
                ? yaml.replace("endpoint: {address", "endpoint: {hostname: good.test, address")
                : yaml);
  }

  /** Has a certificate for whom it is called, and no other. */
  private static Manner answeringTo(String name) {
    return TlsBackend.serving(
        GOOD,
        null,
        tls -> {
          SSLParameters parameters = tls.getSSLParameters();
          parameters.setSNIMatchers(List.of(SNIHostName.createSNIMatcher(Pattern.quote(name))));
          tls.setSSLParameters(parameters);
        });
  }

  private static X509Bundle issued(CertificateBuilder builder) {
    return Certificates.issue(CA, builder);
  }

  private static X509Bundle withRoot(X509Bundle bundle) {
    return X509Bundle.fromCertificatePath(
        bundle.getCertificatePathWithRoot(), bundle.getRootCertificate(), bundle.getKeyPair());
  }

  private static String inline(String pem) {
    return pem.replace("\n", "\\n");
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
    cluster(name, tls, "", manner);
  }

  /** A cluster whose requests say which server is meant; all of them ask for {@link #HOST}. */
  private void named(String name, String tls, String names, Manner manner) {
    cluster(
        name,
        tls,
        "typed_extension_protocol_options: {envoy.extensions.upstreams.http.v3.HttpProtocolOptions:"
            + " {\"@type\":"
            + " type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions,"
            + " explicit_http_config: {http_protocol_options: {}}, upstream_http_protocol_options:"
            + " {"
            + names
            + "}}}",
        manner);
  }

  private void cluster(String name, String tls, String options, Manner manner) {
    int port = stage.keep(TlsBackend.start("127.0.0.1", manner)).address().getPort();
    clusters.put(
        name,
        """
          - name: %1$s
            type: STATIC
            connect_timeout: 5s
            load_assignment: {cluster_name: %1$s, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %2$d}}}}]}]}
            transport_socket: {name: envoy.transport_sockets.tls, typed_config: {"@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext, %3$s}}
            %4$s
        """
            .formatted(name, port, tls, options));
  }

  /** By what it is: answers, lines of the log, statistics. */
  private Map<String, String> observe(Subject subject) throws Exception {
    Path log = stage.directory().resolve(subject + ".log");
    Proxy proxy = stage.start(subject, bootstrap(log));
    InetSocketAddress listener = proxy.listener("ingress");
    Map<String, String> observed = new TreeMap<>();
    for (String name : clusters.keySet()) {
      Http.Response response = Http.request(listener, "GET", "/" + name, HEADERS, "");
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
