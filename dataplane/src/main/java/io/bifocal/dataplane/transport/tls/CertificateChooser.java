package io.bifocal.dataplane.transport.tls;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSession;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * Of a server's certificates the one for a client: one that is good for the name that it asked for,
 * named in full rather than by a wildcard; else the first whose key the client can take.
 */
final class CertificateChooser extends X509ExtendedKeyManager {
  private static final int NO_MATCH = 0;
  private static final int WILDCARD = 1;
  private static final int EXACT = 2;

  private final List<OwnCertificate> certificates;
  private final BiConsumer<OwnCertificate, SSLEngine> chosen;
  private final Function<SSLEngine, String> names;

  CertificateChooser(List<OwnCertificate> certificates) {
    this(certificates, (certificate, engine) -> {});
  }

  /**
   * @param chosen hears of the choice for a client, before it is shown
   */
  CertificateChooser(
      List<OwnCertificate> certificates, BiConsumer<OwnCertificate, SSLEngine> chosen) {
    this(certificates, chosen, engine -> serverName(engine.getHandshakeSession()));
  }

  /**
   * Where an engine's session does not tell.
   *
   * @param names the server that an engine's client asks for; empty for none
   */
  CertificateChooser(List<OwnCertificate> certificates, Function<SSLEngine, String> names) {
    this(certificates, (certificate, engine) -> {}, names);
  }

  private CertificateChooser(
      List<OwnCertificate> certificates,
      BiConsumer<OwnCertificate, SSLEngine> chosen,
      Function<SSLEngine, String> names) {
    this.certificates = List.copyOf(certificates);
    this.chosen = chosen;
    this.names = names;
  }

  @Override
  public @Nullable String chooseEngineServerAlias(
      String keyType, Principal @Nullable [] issuers, SSLEngine engine) {
    String alias = choose(keyType, names.apply(engine));
    if (alias != null) {
      chosen.accept(at(alias), engine);
    }
    return alias;
  }

  /** The alias of the best certificate with such a key; null when a better one has another. */
  @Nullable String choose(String keyType, String serverName) {
    int best = certificates.stream().mapToInt(c -> goodFor(serverName, c)).max().orElse(NO_MATCH);
    return IntStream.range(0, certificates.size())
        .filter(i -> goodFor(serverName, certificates.get(i)) == best)
        .filter(i -> isOfType(certificates.get(i), keyType))
        .mapToObj(String::valueOf)
        .findFirst()
        .orElse(null);
  }

  private static int goodFor(String serverName, OwnCertificate certificate) {
    if (serverName.isEmpty()) {
      return NO_MATCH;
    }
    SanMatcher wanted = SanMatcher.dns(serverName);
    int best = NO_MATCH;
    for (SubjectAltName name : SubjectAltName.of(certificate.chain().get(0))) {
      if (wanted.matches(name)) {
        best = Math.max(best, name.value().equalsIgnoreCase(serverName) ? EXACT : WILDCARD);
      }
    }
    return best;
  }

  // Key types look like "RSA", "EC", or for some suites "EC_EC".
  private static boolean isOfType(OwnCertificate certificate, String keyType) {
    String algorithm = certificate.chain().get(0).getPublicKey().getAlgorithm();
    return keyType.equals(algorithm) || keyType.startsWith(algorithm + "_");
  }

  private static String serverName(@Nullable SSLSession session) {
    if (session instanceof ExtendedSSLSession extended) {
      try {
        for (SNIServerName name : extended.getRequestedServerNames()) {
          if (name instanceof SNIHostName host) {
            return host.getAsciiName();
          }
        }
      } catch (IllegalArgumentException | UnsupportedOperationException e) {
        return ""; // a name that is no host's: none of ours is good for it
      }
    }
    return "";
  }

  @Override
  public X509Certificate[] getCertificateChain(String alias) {
    return at(alias).chain().toArray(new X509Certificate[0]);
  }

  @Override
  public PrivateKey getPrivateKey(String alias) {
    return at(alias).key();
  }

  private OwnCertificate at(String alias) {
    return certificates.get(Integer.parseInt(alias));
  }

  @Override
  public String[] getServerAliases(String keyType, Principal @Nullable [] issuers) {
    return IntStream.range(0, certificates.size())
        .filter(i -> isOfType(certificates.get(i), keyType))
        .mapToObj(String::valueOf)
        .toArray(String[]::new);
  }

  @Override
  public @Nullable String chooseServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return choose(keyType, "");
  }

  @Override
  public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
    return null;
  }

  @Override
  public @Nullable String chooseClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return null;
  }
}
