package io.bifocal.conformance.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.AccessLogFile;
import io.bifocal.conformance.Plays;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import io.netty.pkitesting.X509Bundle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLParameters;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.cert.ocsp.CertificateStatus;
import org.bouncycastle.cert.ocsp.RevokedStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * One bootstrap with a listener for each way in which a client can be good or bad, obeyed by both:
 * what the client hears, the listener's access log with flags and failure reasons, and its
 * statistics are the same.
 */
class ClientsAgreementTest {
  /** What Bifocal does not keep: its library does not tell, or there is no such certificate. */
  private static final Pattern NOT_KEPT =
      Pattern.compile("(sigalgs|certificate\\.unnamed_ca_cert)\\..*");

  private static final String COUNTS =
      "no_filter_chain_match|downstream_cx_(total|destroy|active|transport_socket_connect_timeout)";

  private static final String RANDOM = "ab".repeat(32);

  /** A whole hello of TLS 1.2: one cipher, one curve, one signature. */
  private static final String HELLO =
      "1603010045 01 000041 0303"
          + RANDOM
          + "00 0002 c02b 0100 0016 000a000400020017000d000400020403000b00020100";

  private static final X509Bundle CA = Certificates.root("ca");
  private static final X509Bundle OTHER = Certificates.root("other");
  private static final X509Bundle SERVER = issued("server.test");
  private static final X509Bundle CLIENT = issued("client.test");
  private static final String TRUST =
      "trusted_ca: {inline_string: \"%s\"}".formatted(inline(CA.getCertificatePEM()));

  /** What is otherwise here. */
  private static final Map<String, String> DIFFERENT = new TreeMap<>();

  static {
    // The library has no such alert for who judges certificates (there: of a bad hash).
    DIFFERENT.put("hash-TLSv1.3 client", "alert certificate_unknown");
    DIFFERENT.put("spki client", "alert certificate_unknown");
    // It is read too late.
    DIFFERENT.put("resets log", "resets - - - - -");
    // Envoy counts such an error twice, and tells all that came of it.
    later("renegotiates", "268435638:SSL_routines:OPENSSL_internal:NO_RENEGOTIATION");
    later("bad-record-later", "503316581:Cipher_functions:OPENSSL_internal:BAD_DECRYPT");
    // Envoy looks for a staple before it looks at versions.
    for (String version : List.of("only-1.2", "only-1.3")) {
      DIFFERENT.put(version + " ssl.ocsp_staple_requests", "0");
      DIFFERENT.put(version + " ssl.ocsp_staple_omitted", "0");
    }
    // The library has one alert for whatever its callbacks fail with (there: a failed handshake).
    for (String stale :
        List.of("stri-expired", "stri-endless", "must-expired", "must-endless", "itself-expired")) {
      DIFFERENT.put(stale + "-1.3 client", "alert internal_error");
    }
  }

  private static void later(String name, String error) {
    DIFFERENT.put(name + " ssl.connection_error", "1");
    DIFFERENT.put(name + " log", name + " - - - TLS_error:|" + error + ":TLS_error_end -");
  }

  @RegisterExtension final Stage stage = new Stage();

  private record Case(String tls, String chain, BadClient client) {}

  private final Map<String, Case> cases = new LinkedHashMap<>();

  @Test
  void goodAndBadClientsAreTreatedAlike() throws Exception {
    certificates();
    handshakes();
    names();
    staples();
    workloads();
    try (Plays<Subject, Map<String, String>> plays = Plays.sideBySide(this::observe)) {
      Map<String, String> expected = plays.of(Subject.ENVOY);
      Map<String, String> observed = plays.of(Subject.BIFOCAL);
      assertThat(expected).hasSizeGreaterThan(10 * cases.size());
      assertThat(String.join("\n", expected.values()))
          .contains("200", "NR", "CERTIFICATE_VERIFY_FAILED", "HTTP_REQUEST", "alert unknown_ca");
      assertThat(comparable(observed)).containsExactlyInAnyOrderEntriesOf(comparable(expected));
      assertThat(observed).containsAllEntriesOf(DIFFERENT);
    }
  }

  /** A client of TLS 1.2 that is refused may hear why, or that its last message was not read. */
  private static Map<String, String> comparable(Map<String, String> all) {
    Map<String, String> comparable = new TreeMap<>(all);
    comparable.keySet().removeIf(key -> DIFFERENT.containsKey(key) || key.endsWith("1.2 client"));
    return comparable;
  }

  private void certificates() throws Exception {
    X509Bundle revoked = issued("client.test");
    X509Bundle between = Certificates.issue(CA, Certificates.authority("between"));
    String crl =
        TRUST
            + ", crl: {inline_string: \"%s\"}"
                .formatted(inline(Certificates.revocations(CA, revoked)));
    for (String version : List.of("TLSv1.2", "TLSv1.3")) {
      refused("none-" + version, TRUST, BadClient.showing(null, version));
      refused(
          "stranger-" + version,
          TRUST,
          BadClient.showing(Certificates.issue(OTHER, Certificates.leaf("client.test")), version));
      refused(
          "expired-" + version,
          TRUST,
          BadClient.showing(
              Certificates.issue(
                  CA, Certificates.leaf("client.test").notAfter(Instant.now().minusSeconds(10))),
              version));
      refused(
          "hash-" + version,
          "verify_certificate_hash: [" + "ab".repeat(32) + "]",
          BadClient.showing(CLIENT, version));
      refused("san-" + version, TRUST + san("other.test"), BadClient.showing(CLIENT, version));
      refused("revoked-" + version, crl, BadClient.showing(revoked, version));
    }
    refused("self-signed", TRUST, BadClient.showing(Certificates.root("self"), "TLSv1.3"));
    refused(
        "early",
        TRUST,
        BadClient.showing(
            Certificates.issue(
                CA, Certificates.leaf("client.test").notBefore(Instant.now().plusSeconds(9_000))),
            "TLSv1.3"));
    refused("weak", TRUST, BadClient.showing(Certificates.weak(CA, "client.test"), "TLSv1.2"));
    refused(
        "server-only",
        TRUST,
        BadClient.showing(
            Certificates.issue(
                CA, Certificates.leaf("client.test").addExtendedKeyUsageServerAuth()),
            "TLSv1.3"));
    refused(
        "long",
        TRUST + ", max_verify_depth: 1",
        BadClient.showing(
            Certificates.issue(between, Certificates.leaf("client.test")), "TLSv1.3"));
    refused(
        "below-alone",
        TRUST,
        BadClient.showing(
            X509Bundle.fromCertificatePath(
                new java.security.cert.X509Certificate[] {
                  Certificates.issue(between, Certificates.leaf("client.test")).getCertificate()
                },
                CA.getCertificate(),
                CLIENT.getKeyPair()),
            "TLSv1.3"));
    refused(
        "spki",
        TRUST
            + ", verify_certificate_spki: ["
            + pin("another".getBytes(StandardCharsets.UTF_8))
            + "]",
        BadClient.showing(CLIENT, "TLSv1.3"));
    refused(
        "spki-good",
        TRUST
            + ", verify_certificate_spki: ["
            + pin(CLIENT.getKeyPair().getPublic().getEncoded())
            + "]",
        BadClient.asking(CLIENT, p -> {}));
    for (String der : List.of("0c0568656c6c6f", "0203ff0000", "0101ff", "0500")) {
      X509Bundle named =
          Certificates.issue(
              CA,
              Certificates.leaf("client.test")
                  .addSanOtherName("1.2.3.4", HexFormat.of().parseHex(der)));
      refused(
          "other-name-" + der, TRUST + otherName("1.2.3.5"), BadClient.showing(named, "TLSv1.3"));
      refused(
          "other-name-good-" + der, TRUST + otherName("1.2.3.4"), BadClient.asking(named, p -> {}));
    }
    refused("good", TRUST, BadClient.asking(CLIENT, p -> {}));
    refused("not-revoked", crl, BadClient.asking(CLIENT, p -> {}));
    refused(
        "accept-untrusted",
        TRUST + ", trust_chain_verification: ACCEPT_UNTRUSTED",
        BadClient.asking(Certificates.issue(OTHER, Certificates.leaf("x.test")), p -> {}));
    add("optional", validating(TRUST), BadClient.asking(null, p -> {}));
    add(
        "optional-stranger",
        validating(TRUST),
        BadClient.showing(Certificates.issue(OTHER, Certificates.leaf("client.test")), "TLSv1.3"));
  }

  private void handshakes() {
    String oldHello = "16 0301 002f 01 00002b %s" + RANDOM + "00 0004 c013002f 0100";
    add("tls-1.0", "", BadClient.sayingAndWaiting(oldHello.formatted("0301")));
    add("tls-1.1", "", BadClient.sayingAndWaiting(oldHello.formatted("0302")));
    add("ssl-3", "", BadClient.sayingAndWaiting(oldHello.formatted("0300")));
    add(
        "only-1.3",
        ", tls_params: {tls_minimum_protocol_version: TLSv1_3}",
        BadClient.showing(null, "TLSv1.2"));
    add(
        "only-1.2",
        ", tls_params: {tls_maximum_protocol_version: TLSv1_2}",
        BadClient.showing(null, "TLSv1.3"));
    add(
        "no-cipher",
        "",
        BadClient.sayingAndWaiting(
            "16 0301 002f 01 00002b 0303" + RANDOM + "00 0004 00050004 0100"));
    add(
        "other-cipher",
        ", tls_params: {tls_maximum_protocol_version: TLSv1_2, cipher_suites:"
            + " [ECDHE-ECDSA-AES256-GCM-SHA384]}",
        BadClient.shaking(
            null,
            p -> p.setCipherSuites(new String[] {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"}),
            false));
    String chacha = "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256";
    String aes = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";
    add("chacha-first", "", BadClient.asking(null, preferring(chacha, aes)));
    add("aes-first", "", BadClient.asking(null, preferring(aes, chacha)));
    add(
        "group-of-ciphers",
        ", tls_params: {cipher_suites: [ALL, '!CHACHA20']}",
        BadClient.asking(null, preferring(chacha, aes)));
    add("truncated", "", BadClient.saying("16 0301 0064 01 000060 0303 0102"));
    add("resets-later", "", BadClient.resetting());
    add("bad-record-later", "", BadClient.garbling());
    add("truncated-record", "", BadClient.saying("16 03"));
    add("leaves-midway", "", BadClient.leavingAfter(HELLO));
    add("data-too-early", "", BadClient.sayingAndWaiting("17 0303 0005 0102030405"));
    add("alert-first", "", BadClient.sayingAndWaiting("15 0303 0002 02 2a"));
    add("close-notify-first", "", BadClient.sayingAndWaiting("15 0303 0002 01 00"));
    add("strange-message", "", BadClient.sayingAndWaiting("16 0303 0004 63 000000"));
    add(
        "server-hello",
        "",
        BadClient.sayingAndWaiting("16 0303 002a 02 000026 0303" + RANDOM + "00 c02b 00"));
    add("bad-hello", "", BadClient.sayingAndWaiting("16 0301 0008 01 000004 03030102"));
    add("too-long", "", BadClient.sayingAndWaiting("16 0301 ffff 01 000060"));
    add(
        "ssl-2",
        "",
        BadClient.sayingAndWaiting("80 2e 01 0002 0015 0000 0010 010080 020080" + "ab".repeat(40)));
    add("http", "", BadClient.saying(bytes("GET / HTTP/1.1\r\nhost: a\r\n\r\n")));
    add("connect", "", BadClient.saying(bytes("CONNECT a:443 HTTP/1.1\r\nhost: a\r\n\r\n")));
    add("http2", "", BadClient.saying(bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")));
    add("ssh", "", BadClient.saying(bytes("SSH-2.0-OpenSSH_9.2\r\n")));
    add("leaves", "", BadClient.plain(socket -> socket.shutdownOutput()));
    add("resets", "", BadClient.resettingAfter(HELLO));
    add("distrustful-1.2", "", BadClient.distrustful("TLSv1.2"));
    add("distrustful-1.3", "", BadClient.distrustful("TLSv1.3"));
    add("renegotiates", "", BadClient.renegotiating());
    chained("silent", "", "transport_socket_connect_timeout: 0.3s, ", BadClient.plain(s -> {}));
    chained(
        "slow",
        "",
        "transport_socket_connect_timeout: 0.3s, ",
        BadClient.sayingAndWaiting("16 0301 0064 01"));
  }

  private static Consumer<SSLParameters> preferring(String... ciphers) {
    return p -> {
      p.setProtocols(new String[] {"TLSv1.2"});
      p.setCipherSuites(ciphers);
    };
  }

  private void names() {
    add("no-name", "", BadClient.asking(null, p -> {}));
    add("any-name", "", BadClient.asking(null, naming("x.test")));
    chained(
        "unknown-name",
        "",
        "filter_chain_match: {server_names: [server.test]}, ",
        BadClient.shaking(null, naming("x.test"), false));
    chained(
        "known-name",
        "",
        "filter_chain_match: {server_names: [server.test]}, ",
        BadClient.asking(null, naming("server.test")));
    add("alpn", ", alpn_protocols: [http/1.1]", BadClient.asking(null, offering("http/1.1")));
    add(
        "alpn-listed",
        ", alpn_protocols: ['x,http/1.1']",
        BadClient.asking(null, offering("http/1.1")));
    add("alpn-other", ", alpn_protocols: [http/1.1]", BadClient.asking(null, offering("x")));
    add("alpn-unasked", "", BadClient.asking(null, offering("x")));
  }

  /** The JDK's clients ask for the status of what they are shown. */
  private void staples() throws Exception {
    X509Bundle must =
        Certificates.issue(
            CA,
            Certificates.leaf("must.test")
                .addExtensionOctetString(
                    "1.3.6.1.5.5.7.1.24", false, HexFormat.of().parseHex("3003020105")));
    Instant soon = Instant.now().plusSeconds(86_400);
    Instant past = Instant.now().minusSeconds(10);
    CertificateStatus revoked = new RevokedStatus(Date.from(past), CRLReason.keyCompromise);
    String good = Certificates.status(CA, SERVER, CertificateStatus.GOOD, soon);
    String expired = Certificates.status(CA, SERVER, CertificateStatus.GOOD, past);
    for (String policy : List.of("LENIENT_STAPLING", "STRICT_STAPLING", "MUST_STAPLE")) {
      String name = policy.substring(0, 4).toLowerCase(Locale.ROOT);
      stapled(name + "-good", policy, SERVER, good);
      stapled(name + "-expired", policy, SERVER, expired);
      stapled(
          name + "-endless",
          policy,
          SERVER,
          Certificates.status(CA, SERVER, CertificateStatus.GOOD, null));
      stapled(name + "-revoked", policy, SERVER, Certificates.status(CA, SERVER, revoked, soon));
    }
    stapled("stri-none", "STRICT_STAPLING", SERVER, "");
    stapled(
        "itself-good",
        "LENIENT_STAPLING",
        must,
        Certificates.status(CA, must, CertificateStatus.GOOD, soon));
    stapled(
        "itself-expired",
        "LENIENT_STAPLING",
        must,
        Certificates.status(CA, must, CertificateStatus.GOOD, past));
  }

  /** Clients that are judged by SPIFFE's validator. */
  private void workloads() throws Exception {
    String id = "spiffe://a.test/one";
    String domains =
        "trust_domains: [{name: a.test, trust_bundle: {inline_string: \"%s\"}}]"
            .formatted(inline(CA.getCertificatePEM()));
    String bundles =
        "trust_bundles: {inline_string: '{\"trust_domains\": {\"a.test\": %s, \"b.test\": %s}}'}"
            .formatted(bundle(CA), bundle(OTHER));
    X509Bundle good = Certificates.issue(CA, Certificates.workload(id));
    X509Bundle other = Certificates.issue(OTHER, Certificates.workload("spiffe://b.test/two"));
    X509Bundle expired =
        Certificates.issue(CA, Certificates.workload(id).notAfter(Instant.now().minusSeconds(10)));
    workload("workload", domains, "", BadClient.asking(good, p -> {}));
    workload("workload-of-map", bundles, "", BadClient.asking(other, p -> {}));
    workload("workload-of-other", domains, "", listening(other));
    workload(
        "workload-stranger",
        domains,
        "",
        listening(Certificates.issue(OTHER, Certificates.workload(id))));
    workload("workload-expired", domains, "", listening(expired));
    workload(
        "workload-allow-expired",
        domains,
        "allow_expired_certificate: true, ",
        BadClient.asking(expired, p -> {}));
    workload(
        "workload-untrusted",
        domains,
        "trust_chain_verification: ACCEPT_UNTRUSTED, ",
        listening(other));
    workload(
        "workload-other-name",
        domains,
        "match_typed_subject_alt_names: [{san_type: URI, matcher: {exact: x}}], ",
        listening(good));
    workload("workload-without-usage", domains, "", listening(CLIENT));
    workload(
        "workload-authority",
        domains,
        "",
        listening(
            Certificates.issue(CA, Certificates.workload(id).setIsCertificateAuthority(true))));
    workload("workload-nobody", "", "", listening(good));
  }

  private static BadClient listening(X509Bundle own) {
    return BadClient.showing(own, "TLSv1.3");
  }

  private static String bundle(X509Bundle authority) throws Exception {
    return "{\"keys\": [{\"kty\": \"EC\", \"use\": \"x509-svid\", \"x5c\": [\"%s\"]}]}"
        .formatted(Base64.getEncoder().encodeToString(authority.getCertificate().getEncoded()));
  }

  private void workload(String name, String config, String validation, BadClient client) {
    refused(
        name,
        validation
            + "custom_validator_config: {name: envoy.tls.cert_validator.spiffe, typed_config:"
            + " {\"@type\":"
            + " type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig, "
            + config
            + "}}",
        client);
  }

  private void stapled(String name, String policy, X509Bundle own, String staple) {
    for (String version : List.of("TLSv1.2", "TLSv1.3")) {
      cases.put(
          name + "-" + version.substring(4),
          new Case(
              common(
                      own,
                      staple.isEmpty() ? "" : ", ocsp_staple: {inline_bytes: " + staple + "}",
                      "")
                  + ", ocsp_staple_policy: "
                  + policy,
              "",
              BadClient.asking(null, p -> p.setProtocols(new String[] {version}))));
    }
  }

  private static Consumer<SSLParameters> naming(String name) {
    return p -> p.setServerNames(List.of(new SNIHostName(name)));
  }

  private static Consumer<SSLParameters> offering(String protocol) {
    return p -> p.setApplicationProtocols(new String[] {protocol});
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static String pin(byte[] key) throws Exception {
    return Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-256").digest(key));
  }

  private static X509Bundle issued(String name) {
    return Certificates.issue(CA, Certificates.leaf(name));
  }

  private static String inline(String pem) {
    return pem.replace("\n", "\\n");
  }

  private static String san(String name) {
    return ", match_typed_subject_alt_names: [{san_type: DNS, matcher: {exact: %s}}]"
        .formatted(name);
  }

  private static String otherName(String oid) {
    return ", match_typed_subject_alt_names: [{san_type: OTHER_NAME, oid: %s, matcher: {safe_regex: {regex: '(?s).*'}}}]"
        .formatted(oid);
  }

  private static String validating(String validation) {
    return ", validation_context: {" + validation + "}";
  }

  /** A client's certificate is required. */
  private void refused(String name, String validation, BadClient client) {
    cases.put(
        name,
        new Case(
            common(validating(validation)) + ", require_client_certificate: true", "", client));
  }

  private void add(String name, String common, BadClient client) {
    chained(name, common, "", client);
  }

  private void chained(String name, String common, String chain, BadClient client) {
    cases.put(name, new Case(common(common), chain, client));
  }

  private static String common(String more) {
    return common(SERVER, "", more);
  }

  private static String common(X509Bundle own, String ofCertificate, String more) {
    return "common_tls_context: {tls_certificates: [{certificate_chain: {inline_string: \"%s\"}, private_key: {inline_string: \"%s\"}%s}]%s}"
        .formatted(
            inline(own.getCertificatePathPEM()),
            inline(own.getPrivateKeyPEM()),
            ofCertificate,
            more);
  }

  /** By what it is: what the client heard, the line of the log, statistics. */
  private Map<String, String> observe(Subject subject) throws Exception {
    Path log = stage.directory().resolve(subject + ".log");
    Proxy proxy = stage.start(subject, bootstrap(log));
    proxy.awaitLive();
    Map<String, String> observed = new TreeMap<>();
    for (Map.Entry<String, Case> each : cases.entrySet()) {
      observed.put(
          each.getKey() + " client", each.getValue().client().visit(proxy.listener(each.getKey())));
    }
    await().until(() -> AccessLogFile.lines(log).size() >= cases.size());
    proxy.stats().forEach((name, value) -> count(name, value, observed));
    for (String line : AccessLogFile.lines(log)) {
      observed.put(line.substring(0, line.indexOf(' ')) + " log", line);
    }
    return observed;
  }

  private void count(String stat, String value, Map<String, String> observed) {
    for (String name : cases.keySet()) {
      String prefix = "listener." + name + ".";
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
    StringBuilder listeners = new StringBuilder();
    cases.forEach(
        (name, each) ->
            listeners.append(
                """
                  - name: %1$s
                    stat_prefix: %1$s
                    address: {socket_address: {address: 127.0.0.1, port_value: 0}}
                    listener_filters: [%5$s]
                    access_log:
                    - name: file
                      typed_config:
                        "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
                        path: %2$s
                        log_format: {text_format_source: {inline_string: "%1$s %%RESPONSE_FLAGS%% %%RESPONSE_CODE_DETAILS%% %%CONNECTION_TERMINATION_DETAILS%% %%DOWNSTREAM_TRANSPORT_FAILURE_REASON%% %%DOWNSTREAM_LOCAL_CLOSE_REASON%%\\n"}}
                    filter_chains:
                    - {%4$sfilters: [{name: http, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager, stat_prefix: %1$s, route_config: {virtual_hosts: [{name: all, domains: ["*"], routes: [{match: {prefix: /}, direct_response: {status: 200}}]}]}, http_filters: [{name: envoy.filters.http.router, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}]}}], transport_socket: {name: tls, typed_config: {"@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext, %3$s}}}
                """
                    .formatted(
                        name,
                        log,
                        each.tls(),
                        each.chain(),
                        each.chain().contains("server_names")
                            ? "{name: envoy.filters.listener.tls_inspector, typed_config: {\"@type\":"
                                + " type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector}}"
                            : "")));
    return """
        admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
        static_resources:
          listeners:
        """
        + listeners;
  }
}
