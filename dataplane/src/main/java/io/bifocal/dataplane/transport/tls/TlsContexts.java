package io.bifocal.dataplane.transport.tls;

import com.google.protobuf.Timestamp;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.stream.TlsSession;
import io.bifocal.dataplane.transport.tls.Trust.Anchor;
import io.envoyproxy.envoy.admin.v3.Certificate;
import io.envoyproxy.envoy.admin.v3.CertificateDetails;
import io.envoyproxy.envoy.admin.v3.CertificateDetails.OcspDetails;
import io.envoyproxy.envoy.admin.v3.Certificates;
import io.envoyproxy.envoy.admin.v3.SubjectAlternateName;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The TLS contexts of a proxy that are in use: whose certificates they hold, and until when.
 * Confined to the control loop.
 */
public final class TlsContexts {
  private final Set<SecretContext<?>> contexts = new LinkedHashSet<>();
  private final CertificateExpiries expiries = new CertificateExpiries();

  /**
   * One more is in use.
   *
   * @param owner the cluster or listener that it belongs to
   * @return where it shows when its certificates expire
   */
  CertificateExpiries.Shown add(SecretContext<?> context, Scope owner) {
    contexts.add(context);
    return expiries.of(owner);
  }

  void remove(SecretContext<?> context) {
    contexts.remove(context);
  }

  private Stream<Credentials> credentials() {
    return contexts.stream().map(SecretContext::credentials).filter(Credentials::isWhole);
  }

  /** What {@code /certs} shows. */
  public Certificates certificates(Instant now) {
    Certificates.Builder all = Certificates.newBuilder();
    credentials().forEach(each -> all.addCertificates(certificate(each, now)));
    return all.build();
  }

  /** How many whole days the first certificate to expire has left; none when there are none. */
  public OptionalLong daysUntilFirstExpires(Instant now) {
    return credentials()
        .flatMap(
            each ->
                Stream.concat(
                    trusted(each), each.certificates().stream().map(OwnCertificate::leaf)))
        .mapToLong(each -> days(each, now))
        .min();
  }

  /** How many seconds the first status of a certificate has left; none when there are none. */
  public OptionalLong secondsUntilFirstStatusExpires(Instant now) {
    return credentials()
        .flatMap(each -> each.certificates().stream())
        .map(OwnCertificate::status)
        .filter(Objects::nonNull)
        .mapToLong(status -> Math.max(0, Duration.between(now, end(status, now)).toSeconds()))
        .min();
  }

  private static Stream<X509Certificate> trusted(Credentials of) {
    PeerVerifier verifier = of.verifier();
    return verifier == null ? Stream.empty() : verifier.trustedCertificates().stream();
  }

  private static Certificate certificate(Credentials of, Instant now) {
    Certificate.Builder shown = Certificate.newBuilder();
    PeerVerifier verifier = of.verifier();
    if (verifier != null) {
      for (Anchor trusted : verifier.anchors()) {
        shown.addCaCert(details(trusted.certificate(), trusted.source(), null, now));
      }
    }
    for (OwnCertificate own : of.certificates()) {
      shown.addCertChain(details(own.leaf(), own.source(), own.status(), now));
    }
    return shown.build();
  }

  private static CertificateDetails details(
      X509Certificate certificate, String source, @Nullable OcspStaple status, Instant now) {
    CertificateDetails.Builder details =
        CertificateDetails.newBuilder()
            .setPath(source)
            .setSerialNumber(TlsSession.serial(certificate))
            .setDaysUntilExpiration(days(certificate, now))
            .setValidFrom(timestamp(certificate.getNotBefore().toInstant()))
            .setExpirationTime(timestamp(certificate.getNotAfter().toInstant()));
    name(certificate, SubjectAltName.Type.DNS, SubjectAlternateName.newBuilder()::setDns, details);
    name(certificate, SubjectAltName.Type.URI, SubjectAlternateName.newBuilder()::setUri, details);
    name(
        certificate,
        SubjectAltName.Type.IP_ADDRESS,
        SubjectAlternateName.newBuilder()::setIpAddress,
        details);
    if (status != null) {
      details.setOcspDetails(
          OcspDetails.newBuilder()
              .setValidFrom(timestamp(status.from()))
              .setExpiration(timestamp(end(status, now))));
    }
    return details.build();
  }

  private static void name(
      X509Certificate of,
      SubjectAltName.Type type,
      Function<String, SubjectAlternateName.Builder> shown,
      CertificateDetails.Builder details) {
    SubjectAltName.of(of).stream()
        .filter(name -> name.type() == type)
        .forEach(name -> details.addSubjectAltNames(shown.apply(name.value()).build()));
  }

  /** One that does not say is at its end now, as with Envoy. */
  private static Instant end(OcspStaple status, Instant now) {
    return Objects.requireNonNullElse(status.until(), now);
  }

  private static long days(X509Certificate certificate, Instant now) {
    return Math.max(0, Duration.between(now, certificate.getNotAfter().toInstant()).toDays());
  }

  private static Timestamp timestamp(Instant at) {
    return Timestamp.newBuilder()
        .setSeconds(at.getEpochSecond())
        .setNanos(at.getNano() / 1_000_000 * 1_000_000)
        .build();
  }
}
