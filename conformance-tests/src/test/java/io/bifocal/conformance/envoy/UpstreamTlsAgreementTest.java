package io.bifocal.conformance.envoy;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.api.BootstrapReader;
import io.bifocal.api.ConfigException;
import io.bifocal.conformance.envoy.ValidatingEnvoy.Verdict;
import io.bifocal.dataplane.transport.TransportSockets;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.OutputStream;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.jcajce.JcaMiscPEMGenerator;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcePEMEncryptorBuilder;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The same {@code UpstreamTlsContext}, with the same files, shown to {@code envoy --mode validate}
 * and to our transport sockets; {@code $} stands for the folder.
 */
class UpstreamTlsAgreementTest {
  private static final String PREFIX = "error initializing configuration '': ";
  @TempDir private static Path folder;

  @BeforeAll
  static void writeFiles() throws Exception {
    X509Bundle ca =
        new CertificateBuilder()
            .ecp256()
            .subject("CN=ca")
            .setIsCertificateAuthority(true)
            .buildSelfSigned();
    X509Bundle client = leaf().ecp256().buildIssuedBy(ca);
    X509Bundle other = leaf().ecp256().buildIssuedBy(ca);
    X509Bundle rsa = leaf().rsa2048().buildIssuedBy(ca);
    write("ca.pem", ca.getCertificatePEM());
    write("client.pem", client.getCertificatePathPEM());
    write("client.key", client.getPrivateKeyPEM());
    write("other.key", other.getPrivateKeyPEM());
    write("rsa.pem", rsa.getCertificatePathPEM());
    write("rsa.key", rsa.getPrivateKeyPEM());
    StringWriter encrypted = new StringWriter();
    try (JcaPEMWriter writer = new JcaPEMWriter(encrypted)) {
      writer.writeObject(
          new JcaMiscPEMGenerator(
              rsa.getKeyPair().getPrivate(),
              new JcePEMEncryptorBuilder("AES-256-CBC")
                  .setProvider(new BouncyCastleProvider())
                  .build("secret".toCharArray())));
    }
    write("encrypted.key", encrypted.toString());
    write("camellia.key", encrypted.toString().replace("AES-256", "CAMELLIA-128"));
    write("junk", "nonsense");
    write(
        "broken.pem",
        ca.getCertificatePEM() + "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n");
    write("mixed.pem", "junk\n" + client.getPrivateKeyPEM() + client.getCertificatePathPEM());
    try (OutputStream out = Files.newOutputStream(folder.resolve("client.p12"))) {
      client.toKeyStore("PKCS12", "secret".toCharArray()).store(out, "secret".toCharArray());
    }
  }

  private static CertificateBuilder leaf() {
    return new CertificateBuilder().subject("CN=leaf").addSanDnsName("leaf.test");
  }

  private static void write(String name, String text) throws Exception {
    Files.writeString(folder.resolve(name), text);
  }

  private static String common(String fields) {
    return "common_tls_context: {" + fields + "}";
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sni: a_b",
        "sni: 1.2.3.4",
        "auto_host_sni: true",
        "max_session_keys: 0",
        "enforce_rsa_key_usage: true",
        "=alpn_protocols: [h2, http/1.1]",
        "=tls_params: {tls_minimum_protocol_version: TLSv1_3}",
        "=tls_params: {tls_minimum_protocol_version: TLSv1_0, tls_maximum_protocol_version:"
            + " TLSv1_1}",
        "=tls_params: {cipher_suites: ['[ECDHE-RSA-AES128-GCM-SHA256|AES128-SHA]',"
            + " TLS_RSA_WITH_AES_128_CBC_SHA]}",
        "=tls_params: {cipher_suites: [ALL, '@STRENGTH']}",
        "=tls_params: {cipher_suites: ['-ALL:[ECDHE-ECDSA-AES128-GCM-SHA256|AES128-SHA]']}",
        "=tls_params: {cipher_suites: ['ECDHE+AESGCM', '!kRSA', HIGH, FIPS, 3DES, TLSv1.2]}",
        "=tls_params: {cipher_suites: [DES-CBC3-SHA, PSK-AES128-CBC-SHA]}",
        "=tls_params: {cipher_suites: [TLS_AES_128_GCM_SHA256, AES128-SHA]}",
        "=tls_params: {cipher_suites: ['[TLS_AES_256_GCM_SHA384|AES128-SHA]']}",
        // As a bootstrap of Contour's has them.
        "=tls_params: {signature_algorithms: [ecdsa_secp256r1_sha256, rsa_pss_rsae_sha256,"
            + " rsa_pkcs1_sha256, ecdsa_secp384r1_sha384, rsa_pss_rsae_sha384, rsa_pkcs1_sha384,"
            + " ecdsa_secp521r1_sha512, rsa_pss_rsae_sha512, rsa_pkcs1_sha512, rsa_pkcs1_sha1]}",
        "=tls_params: {ecdh_curves: [P-256, X25519, P-384, P-521, X25519MLKEM768]}",
        "=tls_params: {ecdh_curves: ['prime256v1:x25519', secp384r1, secp521r1]}",
        "=validation_context: {}",
        "=validation_context: {trusted_ca: {filename: $/ca.pem}}",
        "=validation_context: {trusted_ca: {filename: $/mixed.pem}}",
        "=validation_context: {trusted_ca: {filename: $/ca.pem}, max_verify_depth: 5}",
        "=validation_context: {trusted_ca: {filename: $/ca.pem}, only_verify_leaf_cert_crl: true}",
        "=validation_context: {trusted_ca: {filename: $/ca.pem}, match_typed_subject_alt_names:"
            + " [{san_type: URI, matcher: {exact: a, ignore_case: true}}]}",
        "=validation_context: {trusted_ca: {filename: $/ca.pem}, match_typed_subject_alt_names:"
            + " [{san_type: OTHER_NAME, oid: 1.3.6.1.4.1.311.20.2.3, matcher: {suffix: x}}]}",
        "=validation_context: {trusted_ca: {filename: $/ca.pem}, match_subject_alt_names: [{prefix:"
            + " a}]}",
        "=validation_context: {trusted_ca: {filename: $/ca.pem}, allow_expired_certificate: true}",
        "=validation_context: {trust_chain_verification: ACCEPT_UNTRUSTED}",
        "=validation_context: {verify_certificate_hash:"
            + " [ABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABAB]}",
        "=tls_certificates: [{}]",
        "=tls_certificates: [{certificate_chain: {filename: $/client.pem}, private_key: {filename:"
            + " $/client.key}, password: {inline_string: unused}}]",
        "=tls_certificates: [{certificate_chain: {filename: $/rsa.pem}, private_key: {filename:"
            + " $/rsa.key}, watched_directory: {path: $}}]",
        "=tls_certificates: [{certificate_chain: {filename: $/mixed.pem}, private_key: {filename:"
            + " $/mixed.pem}}]",
        "=tls_certificates: [{pkcs12: {filename: $/client.p12}, password: {inline_string:"
            + " secret}}]",
        "=tls_certificates: [{certificate_chain: {filename: $/rsa.pem}, private_key: {filename:"
            + " $/encrypted.key}, password: {inline_string: secret}}]",
      })
  void whatIsRightIsTakenByBoth(String context) throws Exception {
    String yaml = bootstrap(context);
    assertThat(ValidatingEnvoy.show(yaml).text()).as("Envoy").isEqualTo("configuration '' OK");
    assertThat(ours(yaml)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sni: \"a\\0b\"",
        "auto_sni_san_validation: true",
        "auto_sni_san_validation: true, common_tls_context: {validation_context: {}}",
        "=validation_context: {trusted_ca: {inline_string: nonsense}}",
        "=validation_context: {trusted_ca: {filename: $/junk}}",
        "=validation_context: {trusted_ca: {filename: $/client.key}}",
        "=validation_context: {trusted_ca: {filename: $/broken.pem}}",
        "=validation_context: {trusted_ca: {filename: $/none}}",
        "=validation_context: {trusted_ca: {inline_string: ''}}",
        "=validation_context: {trusted_ca: {environment_variable: NO_SUCH_VARIABLE}}",
        "=validation_context: {match_typed_subject_alt_names: [{san_type: DNS, matcher: {exact:"
            + " a}}]}",
        "=validation_context: {match_subject_alt_names: [{exact: a}]}",
        "=validation_context: {allow_expired_certificate: true}",
        "=validation_context: {crl: {filename: $/junk}}",
        "=validation_context: {verify_certificate_hash:"
            + " [zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz]}",
        "=validation_context: {verify_certificate_hash:"
            + " [ababababababababababababababababababababababababababababababababab]}",
        "=validation_context: {verify_certificate_spki:"
            + " [AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA]}",
        "=validation_context: {trusted_ca: {filename: $/ca.pem}, match_typed_subject_alt_names:"
            + " [{san_type: DNS, matcher: {safe_regex: {regex: '('}}}]}",
        "=validation_context: {trusted_ca: {filename: $/ca.pem}, match_typed_subject_alt_names:"
            + " [{san_type: OTHER_NAME, matcher: {exact: a}}]}",
        "=validation_context: {trusted_ca: {filename: $/ca.pem}, match_typed_subject_alt_names:"
            + " [{san_type: OTHER_NAME, oid: '1.2.', matcher: {exact: a}}]}",
        "=validation_context: {trusted_ca: {filename: $/ca.pem}, match_typed_subject_alt_names:"
            + " [{san_type: OTHER_NAME, oid: 1.99.3, matcher: {exact: a}}]}",
        "=validation_context: {trusted_ca: {filename: $/ca.pem}, match_typed_subject_alt_names:"
            + " [{san_type: OTHER_NAME, oid: 3.2.1, matcher: {exact: a}}]}",
        "=validation_context: {trusted_ca: {filename: $/ca.pem}, match_typed_subject_alt_names:"
            + " [{san_type: OTHER_NAME, oid: '1', matcher: {exact: a}}]}",
        "=validation_context: {trusted_ca: {filename: $/ca.pem}, match_typed_subject_alt_names:"
            + " [{san_type: DNS, matcher: {safe_regex: {regex: a}, ignore_case: true}}]}",
        "=validation_context: {custom_validator_config: {name: x, typed_config: {'@type':"
            + " type.googleapis.com/google.protobuf.Empty}}}",
        "=tls_certificates: [{}, {}]",
        "=tls_certificates: [{certificate_chain: {filename: $/client.pem}}]",
        "=tls_certificates: [{private_key: {filename: $/client.key}}]",
        "=tls_certificates: [{certificate_chain: {filename: $/junk}, private_key: {filename:"
            + " $/client.key}}]",
        "=tls_certificates: [{certificate_chain: {filename: $/client.pem}, private_key: {filename:"
            + " $/junk}}]",
        "=tls_certificates: [{certificate_chain: {filename: $/client.pem}, private_key: {filename:"
            + " $/other.key}}]",
        "=tls_certificates: [{pkcs12: {filename: $/client.p12}, password: {inline_string: wrong}}]",
        "=tls_certificates: [{certificate_chain: {filename: $/rsa.pem}, private_key: {filename:"
            + " $/encrypted.key}}]",
        "=tls_certificates: [{certificate_chain: {filename: $/rsa.pem}, private_key: {filename:"
            + " $/camellia.key}, password: {inline_string: secret}}]",
        "=tls_certificates: [{pkcs12: {filename: $/client.p12}, private_key: {filename:"
            + " $/client.key}}]",
        "=tls_certificates: [{pkcs12: {filename: $/client.p12}, certificate_chain: {filename:"
            + " $/client.pem}}]",
        "=tls_params: {cipher_suites: [FOO, AES128-SHA, BAR]}",
        "=tls_params: {cipher_suites: [TLS_AES_128_GCM_SHA256]}",
        "=tls_params: {cipher_suites: [TLS_AES_128_GCM_SHA256, FOO, AES128-SHA]}",
        "=tls_params: {cipher_suites: ['!FOO', '-BAR', ALL]}",
        "=tls_params: {cipher_suites: ['@STRENGTH']}",
        "=tls_params: {cipher_suites: ['@STRENGTH', FOO]}",
        "=tls_params: {cipher_suites: ['[AES128-SHA|FOO]', 'BAR+ECDHE']}",
        "=tls_params: {cipher_suites: ['[AES128-SHA']}",
        "=tls_params: {cipher_suites: ['AES128-SHA]']}",
        "=tls_params: {cipher_suites: ['[AES128-SHA|[AES256-SHA]]']}",
        "=tls_params: {cipher_suites: ['AES128-SHA|AES256-SHA']}",
        "=tls_params: {cipher_suites: ['ALL:!ALL']}",
        "=tls_params: {cipher_suites: ['ALL AES']}",
        "=tls_params: {cipher_suites: ['AES128-SHA, AES256-SHA']}",
        "=tls_params: {cipher_suites: ['AES128-SHA:!AES128-SHA']}",
        "=tls_params: {ecdh_curves: [P-256, P-224]}",
        "=alpn_protocols: ["
            + "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            + "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            + "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            + "aaaaaaaaaa]",
      })
  void whatIsWrongIsRefusedInTheSameWords(String context) throws Exception {
    String yaml = bootstrap(context);
    Verdict envoy = ValidatingEnvoy.show(yaml);
    assertThat(envoy.text()).as("Envoy").contains(PREFIX);
    assertThat(ours(yaml).strip())
        .isEqualTo(envoy.text().substring(envoy.text().indexOf(PREFIX) + PREFIX.length()));
  }

  /** A context that begins with an equals sign is a common one. */
  private static String bootstrap(String context) {
    String fields = context.startsWith("=") ? common(context.substring(1)) : context;
    return """
        static_resources: {clusters: [{name: a, transport_socket: {name: tls, typed_config: {"@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext, %s}}}]}
        """
        .formatted(fields.replace("$", folder.toString()));
  }

  private static String ours(String yaml) {
    try {
      Bootstrap bootstrap = new BootstrapReader(false).readYaml(yaml, "test");
      var unused =
          new TransportSockets()
              .upstream(
                  bootstrap.getStaticResources().getClusters(0).getTransportSocket(),
                  "here",
                  new ArrayList<>());
      return "";
    } catch (ConfigException e) {
      return e.reason();
    }
  }
}
