package io.bifocal.dataplane.transport.tls;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.secret.Secrets;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import java.util.List;
import javax.net.ssl.SSLException;

/** From an {@code UpstreamTlsContext} to what of it is obeyed. */
public final class UpstreamTlsReader {
  private final TlsProvider provider;
  private final Secrets secrets;
  private final TlsContexts contexts;
  private final KeyLog.Files keyLogs;

  /** For transport sockets of this provider. */
  public UpstreamTlsReader(TlsProvider provider, Secrets secrets) {
    this(provider, secrets, new TlsContexts(), KeyLog.Files.NONE);
  }

  /** The same, whose contexts are listed while they are in use. */
  public UpstreamTlsReader(
      TlsProvider provider, Secrets secrets, TlsContexts contexts, KeyLog.Files keyLogs) {
    this.keyLogs = keyLogs;
    this.provider = provider;
    this.secrets = secrets;
    this.contexts = contexts;
  }

  /**
   * Reads and checks, files among it, and makes what the connections will share.
   *
   * @param path where the context is, for what Envoy has no words for
   * @param warnings gets what is accepted without effect
   * @throws ConfigException in Envoy's words where it has any, else with the field's path
   */
  public UpstreamTls read(Any config, String path, List<String> warnings) throws ConfigException {
    UpstreamTlsContext context = Unpack.as(UpstreamTlsContext.getDefaultInstance(), config);
    warnings.addAll(TlsFields.UPSTREAM.check(context, path));
    CommonTlsContext common = context.getCommonTlsContext();
    String commonPath = path + ".common_tls_context";
    // The oldest and the newest version alike, as with Envoy.
    Terms terms = TermsReader.read(common, TlsVersion.TLS_1_2, provider, commonPath, warnings);
    if (context.getSni().indexOf('\0') >= 0) {
      throw new ConfigException("SNI names containing NULL-byte are not allowed");
    }
    if (common.getTlsCertificatesCount() + common.getTlsCertificateSdsSecretConfigsCount() > 1) {
      throw new ConfigException("Multiple TLS certificates are not supported for client contexts");
    }
    CredentialsPlan credentials =
        new CredentialsReader(secrets, PeerRole.SERVER, context.getAutoSniSanValidation(), warnings)
            .read(common, commonPath)
            .plan();
    if (context.getAllowRenegotiation() && provider == TlsProvider.BORINGSSL) {
      warnings.add(
          path
              + ".allow_renegotiation is obeyed once on each connection: a server that asks again"
              + " ends it");
    }
    TlsSettings settings =
        new TlsSettings(
            context.getSni(),
            context.getAutoHostSni(),
            terms.alpn(),
            terms.min(),
            terms.max(),
            terms.ciphers(),
            terms.curves(),
            null,
            null,
            sessions(context),
            context.getAllowRenegotiation());
    try {
      return UpstreamTls.of(
          settings,
          credentials,
          secrets,
          contexts,
          provider,
          TermsReader.keyLog(common, commonPath, provider, keyLogs, warnings));
    } catch (SSLException e) {
      throw new ConfigException(path + ": " + e.getMessage(), e);
    }
  }

  /**
   * The same, for connections over QUIC and for those over TCP that stand in for them.
   *
   * @param path where the context is
   */
  public UpstreamTls readQuic(UpstreamTlsContext context, String path, List<String> warnings)
      throws ConfigException {
    QuicTerms.warn(context.getCommonTlsContext(), path + ".common_tls_context", warnings);
    if (context.getCommonTlsContext().hasKeyLog()) {
      warnings.add(
          path
              + ".common_tls_context.key_log is ignored: over QUIC keys towards upstreams are not"
              + " written down");
    }
    List<String> alpn = TermsReader.alpn(context.getCommonTlsContext());
    if (!alpn.isEmpty() && !ApplicationProtocol.HTTP_3.alpn().stream().anyMatch(alpn::contains)) {
      warnings.add(
          path
              + ".common_tls_context.alpn_protocols has no effect over QUIC: nothing but HTTP/3 is"
              + " spoken there");
    }
    if (context.getMaxSessionKeys().getValue() != 0) {
      warnings.add(path + ".max_session_keys has no effect over QUIC: no session is resumed");
    }
    return read(Any.pack(context), path, warnings);
  }

  private static int sessions(UpstreamTlsContext context) {
    int wanted =
        context.hasMaxSessionKeys()
            ? context.getMaxSessionKeys().getValue()
            : TlsSettings.DEFAULT.sessions();
    return wanted < 0 ? Integer.MAX_VALUE : wanted;
  }
}
