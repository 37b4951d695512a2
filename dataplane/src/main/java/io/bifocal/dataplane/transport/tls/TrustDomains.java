package io.bifocal.dataplane.transport.tls;

import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Trusts peers by the domain that they say they are of: its own authorities must vouch for them.
 *
 * <p>Source: Envoy's {@code envoy.tls.cert_validator.spiffe}; SPIFFE's X509-SVID, sections 2 and 4.
 */
final class TrustDomains implements Trust {
  private static final String SCHEME = "spiffe://";
  private static final int KEY_CERT_SIGN = 5;
  private static final int CRL_SIGN = 6;

  private final Map<String, TrustAnchors> byName;

  TrustDomains(Map<String, TrustAnchors> byName) {
    this.byName = new LinkedHashMap<>(byName);
  }

  @Override
  public List<Anchor> anchors() {
    List<Anchor> all = new ArrayList<>();
    byName.forEach(
        (name, anchors) ->
            anchors
                .anchors()
                .forEach(a -> all.add(new Anchor(a.certificate(), name + ": " + a.source()))));
    return all;
  }

  @Override
  public void verify(List<X509Certificate> presented) throws UntrustedException {
    X509Certificate peer = presented.get(0);
    if (!isOfWorkload(peer)) {
      throw new UntrustedException("cert precheck");
    }
    for (SubjectAltName name : SubjectAltName.of(peer)) {
      TrustAnchors anchors =
          name.type() == SubjectAltName.Type.URI ? byName.get(domain(name.value())) : null;
      if (anchors != null) {
        try {
          anchors.verify(presented);
        } catch (UntrustedException e) {
          throw new UntrustedException(e.reason());
        }
        return;
      }
    }
    throw new UntrustedException("no trust bundle store");
  }

  /** Authorities vouch for workloads, and are none themselves. */
  private static boolean isOfWorkload(X509Certificate peer) {
    boolean[] usage = peer.getKeyUsage();
    return peer.getBasicConstraints() < 0
        && usage != null
        && !usage[KEY_CERT_SIGN]
        && !usage[CRL_SIGN];
  }

  /** The domain of an identity; what is none has a domain that nobody has. */
  static String domain(String uri) {
    if (!uri.startsWith(SCHEME)) {
      return "/";
    }
    int end = uri.indexOf('/', SCHEME.length());
    return end < 0 ? "/" : uri.substring(SCHEME.length(), end);
  }

  /** Each for itself. */
  @Override
  public Map<String, Long> expiries(String name) {
    Map<String, Long> expiries = new LinkedHashMap<>();
    for (Anchor anchor : anchors()) {
      expiries.put(name + "_" + expiries.size(), Certificates.expiry(anchor.certificate()));
    }
    return expiries;
  }

  @Override
  public String wrongName(String names) {
    return "SAN match";
  }
}
