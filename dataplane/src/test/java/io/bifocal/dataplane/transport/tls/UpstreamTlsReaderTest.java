package io.bifocal.dataplane.transport.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.Any;
import io.bifocal.api.BootstrapReader;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.secret.Secrets;
import io.envoyproxy.envoy.extensions.transport_sockets.quic.v3.QuicDownstreamTransport;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.netty.handler.ssl.OpenSsl;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.FileOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Configurations, as YAML; {@code $} stands for the folder with the files. */
class UpstreamTlsReaderTest {
  private static final String HERE = "cluster 'c'.transport_socket";
  @TempDir private static Path folder;

  private final List<String> warnings = new ArrayList<>();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "max_session_keys: 2 | .max_session_keys has no effect over QUIC",
        "common_tls_context: {tls_params: {tls_maximum_protocol_version: TLSv1_2}} |"
            + " .common_tls_context.tls_params.tls_maximum_protocol_version has no effect",
        "common_tls_context: {tls_params: {cipher_suites: [ECDHE-RSA-AES128-GCM-SHA256]}} |"
            + " .common_tls_context.tls_params.cipher_suites has no effect",
        "common_tls_context: {alpn_protocols: [h2, http/1.1]} |"
            + " .common_tls_context.alpn_protocols has no effect over QUIC",
        "common_tls_context: {alpn_protocols: ['h2,http/1.1']} |"
            + " .common_tls_context.alpn_protocols has no effect over QUIC",
        "common_tls_context: {alpn_protocols: [h3, h2]} | ",
        "common_tls_context: {alpn_protocols: ['h2,h3']} | ",
        "max_session_keys: 0, common_tls_context: {tls_params: {tls_minimum_protocol_version:"
            + " TLSv1_2, tls_maximum_protocol_version: TLSv1_3, ecdh_curves: [P-256]}} | ",
      })
  void whatSaysNothingToQuicIsWarnedOf(String yaml, @Nullable String warning) throws Exception {
    UpstreamTlsContext context =
        new BootstrapReader(false)
            .readYaml("{" + yaml + "}", "test", UpstreamTlsContext.getDefaultInstance());
    var unused =
        new UpstreamTlsReader(TlsProvider.best(), Secrets.NONE).readQuic(context, HERE, warnings);
    if (warning == null) {
      assertThat(warnings).isEmpty();
    } else {
      assertThat(warnings).singleElement().asString().startsWith(HERE + warning);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "signature_algorithms: [x] | .signature_algorithms: the library offers its own",
        "compliance_policies: [FIPS_202205] | : field 'compliance_policies' is not supported",
      })
  void whatQuicsLibraryCannotIsRefusedOnEitherSide(String params, String why) throws Exception {
    String yaml = "{common_tls_context: {tls_params: {" + params + "}}}";
    BootstrapReader reader = new BootstrapReader(false);
    UpstreamTlsContext up = reader.readYaml(yaml, "test", UpstreamTlsContext.getDefaultInstance());
    Any down =
        Any.pack(
            QuicDownstreamTransport.newBuilder()
                .setDownstreamTlsContext(
                    reader.readYaml(yaml, "test", DownstreamTlsContext.getDefaultInstance()))
                .build());
    String reason = ".common_tls_context.tls_params" + why;
    assertThatThrownBy(
            () ->
                new UpstreamTlsReader(TlsProvider.best(), Secrets.NONE)
                    .readQuic(up, HERE, warnings))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith(HERE + reason);
    assertThatThrownBy(
            () ->
                new DownstreamTlsReader(TlsProvider.best(), Secrets.NONE)
                    .readQuic(down, HERE, warnings))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith(HERE + ".downstream_tls_context" + reason);
  }

  @BeforeAll
  static void writeFiles() throws Exception {
    Authority ca = Authority.named("ca");
    X509Bundle client = ca.issue(Authority.leaf("client.test"));
    X509Bundle other = ca.issue(Authority.leaf("other.test"));
    X509Bundle p12 = Authority.of(Authority.authority("store")).bundle();
    write("ca.pem", ca.pem());
    write("client.pem", client.getCertificatePathPEM());
    write("client.key", client.getPrivateKeyPEM());
    write("other.key", other.getPrivateKeyPEM());
    write("junk", "nonsense");
    write("empty", "");
    write(
        "broken.pem", ca.pem() + "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n");
    try (FileOutputStream out = new FileOutputStream(folder.resolve("store.p12").toFile())) {
      p12.toKeyStore("PKCS12", "secret".toCharArray()).store(out, "secret".toCharArray());
    }
    X509Bundle rsa =
        ca.issue(new CertificateBuilder().rsa2048().subject("CN=rsa").addSanDnsName("rsa.test"));
    write("rsa.pem", rsa.getCertificatePathPEM());
    write("rsa.key", rsa.getPrivateKeyPEM());
  }

  private static void write(String name, String text) throws Exception {
    Files.writeString(folder.resolve(name), text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "sni: a_b",
        "sni: 127.0.0.1, auto_host_sni: true, max_session_keys: 0",
        "max_session_keys: 4294967295",
        "common_tls_context: {validation_context: {trusted_ca: {filename: $/ca.pem}}}",
        "common_tls_context: {validation_context: {trusted_ca: {filename: $/ca.pem},"
            + " match_typed_subject_alt_names: [{san_type: DNS, matcher: {exact: a}},"
            + " {san_type: URI, matcher: {safe_regex: {regex: 'a|b'}}},"
            + " {san_type: EMAIL, matcher: {suffix: a, ignore_case: true}},"
            + " {san_type: IP_ADDRESS, matcher: {contains: a}}]}}",
        "common_tls_context: {validation_context: {trusted_ca: {filename: $/ca.pem},"
            + " match_subject_alt_names: [{prefix: a}], allow_expired_certificate: true,"
            + " trust_chain_verification: ACCEPT_UNTRUSTED}}, auto_sni_san_validation: true",
        "common_tls_context: {validation_context: {verify_certificate_hash:"
            + " [AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB],"
            + " verify_certificate_spki: [NvqYIYSbgK2vCJpQhObf77vv+bQWtc5ek5RIOwPiC9A=]}}",
        "common_tls_context: {validation_context: {system_root_certs: {},"
            + " match_typed_subject_alt_names: [{san_type: DNS, matcher: {exact: a}}]}}",
        "common_tls_context: {tls_certificates: [{certificate_chain: {filename: $/client.pem},"
            + " private_key: {filename: $/client.key}}]}",
        "common_tls_context: {tls_certificates: [{certificate_chain: {filename: $/rsa.pem},"
            + " private_key: {filename: $/rsa.key}, password: {inline_string: unused}}]}",
        "common_tls_context: {tls_certificates: [{pkcs12: {filename: $/store.p12},"
            + " password: {inline_string: secret}}]}",
        "common_tls_context: {tls_certificates: [{}]}",
        "common_tls_context: {tls_params: {tls_minimum_protocol_version: TLSv1_0,"
            + " tls_maximum_protocol_version: TLSv1_3}}",
        "common_tls_context: {tls_params: {cipher_suites: ['ECDHE-RSA-AES128-GCM-SHA256',"
            + " '[AES128-SHA|AES256-SHA]', TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256],"
            + " ecdh_curves: [X25519, 'P-256:P-384', secp521r1]}}",
        "common_tls_context: {alpn_protocols: [h2, http/1.1, '']}",
      })
  void whatIsServedIsTakenWithoutAWord(String yaml) throws Exception {
    assertThat(read(yaml)).isNotNull();
    assertThat(warnings).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "enforce_rsa_key_usage: true | : field 'enforce_rsa_key_usage' is ignored:",
        "common_tls_context: {validation_context: {require_signed_certificate_timestamp: true}} |"
            + " .common_tls_context.validation_context: field"
            + " 'require_signed_certificate_timestamp' is ignored: nor does Envoy",
        "common_tls_context: {validation_context: {max_verify_depth: 1}} |"
            + " .common_tls_context.validation_context: field 'max_verify_depth' is ignored:",
        "common_tls_context: {validation_context: {trusted_ca: {filename: $/ca.pem},"
            + " match_typed_subject_alt_names: [{san_type: DNS, oid: 1.2.3, matcher: {exact:"
            + " a}}]}} |"
            + " .common_tls_context.validation_context.match_typed_subject_alt_names[0].oid is"
            + " ignored",
        "common_tls_context: {tls_params: {tls_minimum_protocol_version: TLSv1_3}} |"
            + " .common_tls_context.tls_params: the newest version, TLSv1.2, is older than the",
      })
  void whatHasNoEffectIsWarnedOf(String yaml, String warning) throws Exception {
    assertThat(read(yaml)).isNotNull();
    assertThat(warnings).singleElement().asString().startsWith(HERE + warning);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "common_tls_context: {combined_validation_context: {default_validation_context: {},"
            + " validation_context_sds_secret_config: {name: x},"
            + " validation_context_certificate_provider_instance: {instance_name: x}}} |"
            + " .common_tls_context.combined_validation_context: field"
            + " 'validation_context_certificate_provider_instance' is not supported",
        "common_tls_context: {tls_params: {signature_algorithms: [x]}} |"
            + " .common_tls_context.tls_params.signature_algorithms: the library offers its own",
        "common_tls_context: {tls_params: {compliance_policies: [FIPS_202205]}} |"
            + " .common_tls_context.tls_params: field 'compliance_policies' is not supported",
        "common_tls_context: {validation_context: {trusted_ca: {filename: $/ca.pem}, crl:"
            + " {filename: $/ca.pem}}} |"
            + " .common_tls_context.validation_context.crl: there is no list of revoked",
      })
  void whatIsNotServedIsRefusedByItsPath(String yaml, String reason) {
    assertThatThrownBy(() -> read(yaml))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith(HERE + reason);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "common_tls_context: {validation_context: {trusted_ca: {inline_string: nonsense}}} | Failed"
            + " to load trusted CA certificates from <inline>",
        "common_tls_context: {validation_context: {trusted_ca: {filename: $/junk}}} | Failed to"
            + " load trusted CA certificates from $/junk",
        "common_tls_context: {validation_context: {trusted_ca: {filename: $/broken.pem}}} | Failed"
            + " to load trusted CA certificates from $/broken.pem",
        "common_tls_context: {validation_context: {trusted_ca: {inline_string: ''}}} | DataSource"
            + " cannot be empty",
        "common_tls_context: {validation_context: {trusted_ca: {filename: $/none}}} | Invalid path:"
            + " $/none",
        "common_tls_context: {tls_certificates: [{certificate_chain: {filename: $/client.pem},"
            + " private_key: {filename: $/other.key}}]} | Failed to load private key from"
            + " $/other.key, Cause: error:0b000074:X.509 certificate"
            + " routines:OPENSSL_internal:KEY_VALUES_MISMATCH",
        "common_tls_context: {tls_certificates: [{certificate_chain: {filename: $/junk},"
            + " private_key: {filename: $/client.key}}]} | Failed to load certificate chain from"
            + " $/junk",
        "common_tls_context: {tls_certificates: [{certificate_chain: {filename: $/client.pem},"
            + " private_key: {filename: $/junk}}]} | Failed to load private key from $/junk, Cause:"
            + " error:0900006e:PEM routines:OPENSSL_internal:NO_START_LINE",
        "common_tls_context: {tls_certificates: [{certificate_chain: {filename: $/client.pem}}]} |"
            + " `Failed to load incomplete private key from path: `",
        "common_tls_context: {tls_certificates: [{private_key: {filename: $/client.key}}]} | Failed"
            + " to load incomplete certificate from : certificate chain not set",
        "common_tls_context: {tls_certificates: [{pkcs12: {filename: $/store.p12}, password:"
            + " {inline_string: wrong}}]} | Failed to load pkcs12 from $/store.p12",
        "common_tls_context: {tls_certificates: [{pkcs12: {filename: $/junk}}]} | Failed to load"
            + " pkcs12 from $/junk",
        "common_tls_context: {tls_certificates: [{pkcs12: {filename: $/junk}, private_key:"
            + " {filename: $/junk}}]} | Certificate configuration can't have both pkcs12 and"
            + " private_key",
        "common_tls_context: {tls_certificates: [{}, {}]} | Multiple TLS certificates are not"
            + " supported for client contexts",
        "common_tls_context: {validation_context: {match_typed_subject_alt_names: [{san_type: DNS,"
            + " matcher: {exact: a}}]}} | SAN-based verification of peer certificates without"
            + " trusted CA is insecure and not allowed",
        "common_tls_context: {validation_context: {allow_expired_certificate: true}} | Certificate"
            + " validity period is always ignored without trusted CA",
        "common_tls_context: {validation_context: {crl: {filename: $/junk}}} | Failed to load CRL"
            + " from $/junk without trusted CA",
        "auto_sni_san_validation: true | 'auto_sni_san_validation' was configured without a"
            + " validation context",
        "auto_sni_san_validation: true, common_tls_context: {validation_context: {}} |"
            + " 'auto_sni_san_validation' was configured without configuring a trusted CA",
        "common_tls_context: {tls_params: {cipher_suites: [FOO, AES128-SHA]}} | Failed to"
            + " initialize cipher suites FOO:AES128-SHA. The following ciphers were rejected when"
            + " tried individually: FOO",
        "common_tls_context: {tls_params: {ecdh_curves: [P-224]}} | Failed to initialize ECDH"
            + " curves P-224",
        "common_tls_context: {validation_context: {custom_validator_config: {name: x, typed_config:"
            + " {'@type': type.googleapis.com/google.protobuf.Empty}}}} | Failed to get certificate"
            + " validator factory for x",
        "common_tls_context: {tls_certificate_sds_secret_configs: [{name: x}]} |"
            + " Unknown static secret: x",
        "common_tls_context: {validation_context_sds_secret_config: {name: x}} |"
            + " Unknown static certificate validation context: x",
        "common_tls_context: {tls_certificates: [{}], tls_certificate_sds_secret_configs:"
            + " [{name: x, sds_config: {ads: {}}}]} |"
            + " Multiple TLS certificates are not supported for client contexts",
      })
  void whatIsWrongIsToldInEnvoysWords(String yaml, String reason) {
    assertThatThrownBy(() -> read(yaml))
        .isInstanceOf(ConfigException.class)
        .hasMessage(reason.replace("$", folder.toString()));
  }

  @Test
  void aBrokenConstraintIsToldFirst() {
    Any config = Any.pack(UpstreamTlsContext.newBuilder().setSni("a".repeat(256)).build());
    UpstreamTlsReader reader = new UpstreamTlsReader(TlsProvider.best(), Secrets.NONE);
    assertThatThrownBy(() -> reader.read(config, HERE, warnings))
        .hasMessageContaining("Proto constraint validation failed (UpstreamTlsContext");
  }

  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void ciphersOfTls13AreTakenBesideOthersAndChooseNothing(TlsProvider provider) throws Exception {
    String list = "common_tls_context: {tls_params: {cipher_suites: [%s]}}";
    assertThat(read(provider, list.formatted("TLS_AES_128_GCM_SHA256, AES128-SHA"))).isNotNull();
    assertThat(warnings)
        .singleElement()
        .asString()
        .endsWith(
            "cipher_suites: TLS_AES_128_GCM_SHA256: those of TLS 1.3 are all offered, listed or not");
    assertThatThrownBy(() -> read(provider, list.formatted("TLS_AES_128_GCM_SHA256")))
        .isInstanceOf(ConfigException.class)
        .hasMessageEndingWith("rejected when tried individually: TLS_AES_128_GCM_SHA256");
  }

  private static final String OFFERED =
      "ecdsa_secp256r1_sha256, rsa_pss_rsae_sha256, rsa_pkcs1_sha256, ecdsa_secp384r1_sha384,"
          + " rsa_pss_rsae_sha384, rsa_pkcs1_sha384, rsa_pss_rsae_sha512, rsa_pkcs1_sha512,"
          + " rsa_pkcs1_sha1";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "null",
      value = {
        OFFERED + " | the order is the library's",
        OFFERED
            + ", ecdsa_secp521r1_sha512 | the order is the library's, and not offered is"
            + " ecdsa_secp521r1_sha512",
        OFFERED + ", rsa_pkcs1_sha1 | null",
        OFFERED + ", nonsense | null",
        "rsa_pss_rsae_sha256 | null",
      })
  void signaturesAreTheLibrarysOwn(String listed, @Nullable String warning) throws Exception {
    String yaml =
        "common_tls_context: {tls_params: {signature_algorithms: [%s]}}".formatted(listed);
    if (warning == null) {
      assertThatThrownBy(() -> read(TlsProvider.BORINGSSL, yaml))
          .isInstanceOf(ConfigException.class)
          .hasMessageStartingWith(
              HERE
                  + ".common_tls_context.tls_params.signature_algorithms: the library offers its"
                  + " own, and leaves none of them out: ");
    } else {
      assertThat(read(TlsProvider.BORINGSSL, yaml)).isNotNull();
      assertThat(warnings).singleElement().asString().endsWith(": " + warning);
      assertThatThrownBy(() -> read(TlsProvider.JDK, yaml)).isInstanceOf(ConfigException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"ALL", "-ALL:AES128-SHA", "PSK-AES128-CBC-SHA", "ALL:@STRENGTH"})
  void theJdkWantsNamesOfCiphers(String rules) {
    assertThatThrownBy(
            () ->
                read(
                    TlsProvider.JDK,
                    "common_tls_context: {tls_params: {cipher_suites: ['%s']}}".formatted(rules)))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            HERE
                + ".common_tls_context.tls_params.cipher_suites: the Java runtime wants the names"
                + " of ciphers that it has: '"
                + rules
                + "'");
  }

  @Test
  void theJdkTakesRanksForAnOrder() throws Exception {
    String ranks = "[ECDHE-RSA-AES128-GCM-SHA256|ECDHE-RSA-CHACHA20-POLY1305]:AES128-SHA";
    assertThat(
            read(
                TlsProvider.JDK,
                "common_tls_context: {tls_params: {cipher_suites: ['%s']}}".formatted(ranks)))
        .isNotNull();
    assertThat(warnings).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"BORINGSSL, once on each connection", "JDK, ''"})
  void howOftenAServerMayAskForAnotherHandshakeIsTold(TlsProvider provider, String warning)
      throws Exception {
    assumeTrue(provider == TlsProvider.JDK || OpenSsl.isAvailable(), "BoringSSL does not load");
    assertThat(read(provider, "allow_renegotiation: true")).isNotNull();
    assertThat(String.join("", warnings)).contains(warning);
    assertThat(warnings).hasSize(warning.isEmpty() ? 0 : 1);
  }

  @Test
  void theJdkChoosesItsCurvesItself() throws Exception {
    assertThat(read(TlsProvider.JDK, "common_tls_context: {tls_params: {ecdh_curves: [X25519]}}"))
        .isNotNull();
    assertThat(warnings).singleElement().asString().contains("ecdh_curves is ignored");
  }

  private UpstreamTls read(String yaml) throws ConfigException {
    return read(TlsProvider.best(), yaml);
  }

  private UpstreamTls read(TlsProvider provider, String yaml) throws ConfigException {
    UpstreamTlsContext context =
        new BootstrapReader(false)
            .readYaml(
                "{" + yaml.replace("$", folder.toString()) + "}",
                "test",
                UpstreamTlsContext.getDefaultInstance());
    return new UpstreamTlsReader(provider, Secrets.NONE).read(Any.pack(context), HERE, warnings);
  }
}
