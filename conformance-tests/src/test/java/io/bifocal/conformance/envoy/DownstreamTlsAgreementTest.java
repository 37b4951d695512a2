package io.bifocal.conformance.envoy;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.api.BootstrapReader;
import io.bifocal.api.ConfigException;
import io.bifocal.conformance.envoy.ValidatingEnvoy.Verdict;
import io.bifocal.dataplane.init.InitManager;
import io.bifocal.dataplane.secret.SecretKind;
import io.bifocal.dataplane.secret.SecretLease;
import io.bifocal.dataplane.secret.SecretUser;
import io.bifocal.dataplane.secret.Secrets;
import io.bifocal.dataplane.transport.TransportSockets;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The same {@code DownstreamTlsContext} shown to {@code envoy --mode validate} and to our transport
 * sockets: {@code $} stands for a folder, {@code OWN} for a certificate's two files, {@code MUST}
 * for those of one that must be stapled, {@code DOMAIN(…)} for SPIFFE's validator.
 */
class DownstreamTlsAgreementTest {
  private static final String PREFIX = "error initializing configuration '': ";
  private static final String FILES =
      "certificate_chain: {filename: $/%1$s.pem}, private_key: {filename: $/%1$s.key}";
  @TempDir private static Path folder;

  @BeforeAll
  static void writeFiles() throws Exception {
    X509Bundle ca =
        new CertificateBuilder()
            .ecp256()
            .subject("CN=ca")
            .setIsCertificateAuthority(true)
            .buildSelfSigned();
    X509Bundle own = leaf().buildIssuedBy(ca);
    X509Bundle must =
        leaf()
            .addExtensionOctetString(
                "1.3.6.1.5.5.7.1.24", false, HexFormat.of().parseHex("3003020105"))
            .buildIssuedBy(ca);
    write("ca.pem", ca.getCertificatePEM());
    write("own.pem", own.getCertificatePathPEM());
    write("own.key", own.getPrivateKeyPEM());
    write("must.pem", must.getCertificatePathPEM());
    write("must.key", must.getPrivateKeyPEM());
    write("junk", "nonsense");
    write("later.yaml", "resources: []");
    write("nobody.der", HexFormat.of().parseHex("30030a0100"));
    write("failed.der", HexFormat.of().parseHex("30030a0103"));
    write("no-status.der", HexFormat.of().parseHex("3003020100"));
    write(
        "bundles.json",
        """
        {"trust_domains": {"a.test": {"keys": [{"kty": "EC", "use": "x509-svid", "x5c": ["%s"]}]}}}
        """
            .formatted(Base64.getEncoder().encodeToString(ca.getCertificate().getEncoded())));
  }

  private static CertificateBuilder leaf() {
    return new CertificateBuilder().ecp256().subject("CN=leaf").addSanDnsName("leaf.test");
  }

  private static void write(String name, String text) throws Exception {
    Files.writeString(folder.resolve(name), text);
  }

  private static void write(String name, byte[] bytes) throws Exception {
    Files.write(folder.resolve(name), bytes);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tls_certificates: [{OWN}]",
        "tls_certificates: [{OWN}]}, require_sni: true, x: {",
        "tls_certificates: [{OWN}]}, full_scan_certs_on_sni_mismatch: true, x: {",
        "tls_certificates: [{OWN}]}, prefer_client_ciphers: true, session_timeout: 5s, x: {",
        "tls_certificates: [{OWN}]}, disable_stateless_session_resumption: true,"
            + " disable_stateful_session_resumption: true, x: {",
        "tls_certificates: [{OWN}]}, ocsp_staple_policy: STRICT_STAPLING, x: {",
        "tls_certificates: [{OWN, watched_directory: {path: $}}]",
        "tls_certificates: [{OWN, signed_certificate_timestamp: [{inline_string: a}]}]",
        "tls_certificates: [{OWN, ocsp_staple: {inline_bytes: ''}}]",
        "tls_certificates: [{OWN}], validation_context: {trusted_ca: {filename: $/ca.pem},"
            + " watched_directory: {path: $}}",
        "tls_certificates: [{OWN}], DOMAIN(trust_domains: [{name: a.test, trust_bundle: {filename:"
            + " $/ca.pem}}])",
        "tls_certificates: [{OWN}], DOMAIN(trust_bundles: {filename: $/bundles.json})",
        "tls_certificates: [{OWN}], DOMAIN()",
      })
  void whatIsRightIsTakenByBoth(String common) throws Exception {
    String yaml = bootstrap(common);
    assertThat(ValidatingEnvoy.show(yaml).text()).as("Envoy").isEqualTo("configuration '' OK");
    assertThat(ours(yaml)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "alpn_protocols: [h2]",
        "tls_certificates: [{OWN}]}, ocsp_staple_policy: MUST_STAPLE, x: {",
        "tls_certificates: [{MUST}]",
        "tls_certificates: [{OWN, ocsp_staple: {inline_string: a}}]",
        "tls_certificates: [{OWN, ocsp_staple: {filename: $/none}}]",
        "tls_certificates: [{OWN, ocsp_staple: {filename: $/nobody.der}}]",
        "tls_certificates: [{OWN, ocsp_staple: {filename: $/failed.der}}]",
        "tls_certificates: [{OWN, ocsp_staple: {filename: $/no-status.der}}]",
        "tls_certificates: [{OWN, private_key_provider: {provider_name: x, typed_config: {'@type':"
            + " type.googleapis.com/google.protobuf.Empty}}}]",
        "tls_certificates: [{OWN}], custom_handshaker: {name: x, typed_config: {'@type':"
            + " type.googleapis.com/google.protobuf.Empty}}",
        "tls_certificates: [{OWN}], custom_tls_certificate_selector: {name: x, typed_config:"
            + " {'@type': type.googleapis.com/google.protobuf.Empty}}",
        "tls_certificates: [{OWN}], DOMAIN(trust_domains: [{name: a.test, trust_bundle: {filename:"
            + " $/junk}}])",
        "tls_certificates: [{OWN}], DOMAIN(trust_domains: [{name: a.test}])",
        "tls_certificates: [{OWN}], DOMAIN(trust_bundles: {inline_string: nonsense})",
        "tls_certificates: [{OWN}], DOMAIN(trust_bundles: {inline_string: '{}'})",
        "tls_certificates: [{OWN}], DOMAIN(trust_bundles: {inline_string: '{\"trust_domains\":"
            + " {\"a\": {}}}'})",
        "tls_certificates: [{OWN}], DOMAIN(trust_bundles: {inline_string: '{\"trust_domains\":"
            + " {\"a\": {\"keys\": [{\"use\": \"jwt-svid\"}]}}}'})",
        "tls_certificates: [{OWN}], DOMAIN(trust_bundles: {inline_string: '{\"trust_domains\":"
            + " {\"a\": {\"keys\": [{\"use\": \"x509-svid\"}]}}}'})",
        "tls_certificates: [{OWN}], DOMAIN(trust_bundles: {inline_string: '{\"trust_domains\":"
            + " {\"a\": {\"keys\": [{\"use\": \"x509-svid\", \"x5c\": [\"abc\"]}]}}}'})",
      })
  void whatIsWrongIsRefusedInTheSameWords(String common) throws Exception {
    String yaml = bootstrap(common);
    Verdict envoy = ValidatingEnvoy.show(yaml);
    assertThat(envoy.text()).as("Envoy").contains(PREFIX);
    assertThat(ours(yaml).strip())
        .isEqualTo(envoy.text().substring(envoy.text().indexOf(PREFIX) + PREFIX.length()));
  }

  /** Over QUIC a client that must show a certificate must also be validated by somebody. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "validation_context: {trusted_ca: {filename: $/ca.pem}}",
        "validation_context: {trust_chain_verification: ACCEPT_UNTRUSTED}",
        "DOMAIN(trust_domains: [{name: a.test, trust_bundle: {filename: $/ca.pem}}])",
        "validation_context_sds_secret_config: {name: good}",
        "validation_context_sds_secret_config: {name: FETCHED}",
        "combined_validation_context: {default_validation_context: {},"
            + " validation_context_sds_secret_config: {name: good}}",
        "combined_validation_context: {default_validation_context: {trusted_ca: {filename:"
            + " $/ca.pem}}, validation_context_sds_secret_config: {name: empty}}",
        "combined_validation_context: {default_validation_context: {},"
            + " validation_context_sds_secret_config: {name: FETCHED}}",
      })
  void overQuicBothTakeWhatValidatesClients(String validation) throws Exception {
    String yaml = overQuic(validation);
    assertThat(ValidatingEnvoy.show(yaml).text()).as("Envoy").isEqualTo("configuration '' OK");
    assertThat(ours(yaml)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "alpn_protocols: [h3]",
        "validation_context: {}",
        "validation_context: {system_root_certs: {}}",
        "validation_context: {verify_certificate_hash: [HASH]}",
        "validation_context: {max_verify_depth: 3}",
        "validation_context: {allow_expired_certificate: true}",
        "validation_context: {trusted_ca: {filename: $/junk}}",
        "validation_context_sds_secret_config: {name: empty}",
        "validation_context_sds_secret_config: {name: nobody}",
        "combined_validation_context: {default_validation_context: {},"
            + " validation_context_sds_secret_config: {name: empty}}",
      })
  void overQuicBothRefuseWhatValidatesNobody(String validation) throws Exception {
    String yaml = overQuic(validation);
    Verdict envoy = ValidatingEnvoy.show(yaml);
    assertThat(envoy.text()).as("Envoy").contains(PREFIX);
    assertThat(ours(yaml).strip())
        .isEqualTo(envoy.text().substring(envoy.text().indexOf(PREFIX) + PREFIX.length()));
    assertThat(ours(yaml.replace("require_client_certificate: true, ", "")))
        .doesNotContain("require_client_certificate");
  }

  private static String overQuic(String validation) {
    return """
        {node: {id: a, cluster: b}, static_resources: {secrets: [{name: good, validation_context: {trusted_ca: {filename: $/ca.pem}}}, {name: empty, validation_context: {}}], listeners: [{name: a, address: {socket_address: {protocol: UDP, address: 127.0.0.1, port_value: 0}}, udp_listener_config: {quic_options: {}}, filter_chains: [{filters: [{name: http, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager, codec_type: HTTP3, stat_prefix: s, route_config: {}, http_filters: [{name: router, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}]}}], transport_socket: {name: quic, typed_config: {"@type": type.googleapis.com/envoy.extensions.transport_sockets.quic.v3.QuicDownstreamTransport, downstream_tls_context: {require_client_certificate: true, %s}}}}]}]}}
        """
        .formatted(context("tls_certificates: [{OWN}], " + validation))
        .replace("$", folder.toString());
  }

  private static String bootstrap(String common) {
    return """
        static_resources: {listeners: [{name: a, address: {socket_address: {address: 127.0.0.1, port_value: 0}}, filter_chains: [{filters: [{name: echo, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.network.echo.v3.Echo}}], transport_socket: {name: tls, typed_config: {"@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext, %s}}}]}]}
        """
        .formatted(context(common));
  }

  private static String context(String common) {
    return ("common_tls_context: {" + common + "}")
        .replace(", x: {}", "")
        .replace("HASH", "ab".repeat(32))
        .replace("FETCHED", "later, sds_config: {path_config_source: {path: $/later.yaml}}")
        .replace("OWN", FILES.formatted("own"))
        .replace("MUST}", FILES.formatted("must") + "}")
        .replaceAll(
            "DOMAIN\\((.*)\\)",
            "validation_context: {custom_validator_config: {name:"
                + " envoy.tls.cert_validator.spiffe, typed_config: {'@type':"
                + " type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig,"
                + " $1}}}")
        .replace("$", folder.toString());
  }

  private static String ours(String yaml) {
    try {
      Bootstrap bootstrap = new BootstrapReader(false).readYaml(yaml, "test");
      var unused =
          new TransportSockets(secrets(bootstrap))
              .downstream(
                  bootstrap
                      .getStaticResources()
                      .getListeners(0)
                      .getFilterChains(0)
                      .getTransportSocket(),
                  "here",
                  alpn -> true,
                  new ArrayList<>());
      return "";
    } catch (ConfigException e) {
      return e.reason();
    }
  }

  private static Secrets secrets(Bootstrap bootstrap) {
    return new Secrets() {
      @Override
      public Secret fixed(SecretKind kind, String name) throws ConfigException {
        for (Secret secret : bootstrap.getStaticResources().getSecretsList()) {
          if (secret.getName().equals(name)) {
            return secret;
          }
        }
        return NONE.fixed(kind, name);
      }

      @Override
      public SecretLease lease(
          SecretKind kind, ConfigSource source, String name, InitManager init, SecretUser user) {
        return NONE.lease(kind, source, name, init, user);
      }

      @Override
      public SecretLease follow(Secret secret, Secret held, SecretUser user) {
        return NONE.follow(secret, held, user);
      }
    };
  }
}
