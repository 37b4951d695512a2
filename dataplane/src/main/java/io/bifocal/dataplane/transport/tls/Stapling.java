package io.bifocal.dataplane.transport.tls;

import com.google.protobuf.ByteString;
import io.bifocal.api.ConfigException;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext.OcspStaplePolicy;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.internal.tcnative.SSL;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLEngine;

/**
 * What clients that ask for the status of a server's certificate (RFC 6066, section 8) get with it.
 * Immutable.
 */
final class Stapling {
  private final OcspStaplePolicy policy;
  private final Map<OwnCertificate, OcspStaple> staples;
  private final InstantSource clock;

  private Stapling(
      OcspStaplePolicy policy, Map<OwnCertificate, OcspStaple> staples, InstantSource clock) {
    this.clock = clock;
    this.policy = policy;
    this.staples = Map.copyOf(staples);
  }

  /**
   * Reads and checks what the certificates have.
   *
   * @throws ConfigException in Envoy's words
   */
  static Stapling of(
      List<OwnCertificate> certificates, OcspStaplePolicy policy, InstantSource clock)
      throws ConfigException {
    Map<OwnCertificate, OcspStaple> staples = new HashMap<>();
    for (OwnCertificate certificate : certificates) {
      ByteString response = certificate.staple();
      if (!response.isEmpty()) {
        staples.put(certificate, OcspStaple.read(response, certificate.leaf()));
      } else if (certificate.mustStaple()) {
        throw new ConfigException("OCSP response is required for must-staple certificate");
      } else if (policy == OcspStaplePolicy.MUST_STAPLE) {
        throw new ConfigException("Required OCSP response is missing from TLS context");
      }
    }
    return new Stapling(policy, staples, clock);
  }

  /**
   * A certificate is about to be shown to a client that asks for its status.
   *
   * @throws StapleMissingException when it must not be shown without
   */
  void show(OwnCertificate certificate, SSLEngine engine, TlsStats stats) {
    stats.stapleRequests.inc();
    OcspStaple staple = staples.get(certificate);
    if (staple != null
        && staple.isValid(clock.instant())
        && engine instanceof ReferenceCountedOpenSslEngine boringSsl) {
      SSL.setOcspResponse(boringSsl.sslPointer(), staple.response().toByteArray());
      stats.stapleResponses.inc();
    } else if (isNeeded(certificate, staple != null)) {
      stats.stapleFailed.inc();
      throw new StapleMissingException();
    } else {
      stats.stapleOmitted.inc();
    }
  }

  private boolean isNeeded(OwnCertificate certificate, boolean configured) {
    return certificate.mustStaple()
        || policy == OcspStaplePolicy.MUST_STAPLE
        || (policy == OcspStaplePolicy.STRICT_STAPLING && configured);
  }

  /** There is nothing current to show where something must be. */
  static final class StapleMissingException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StapleMissingException() {
      super("the status of the certificate is not current", null, false, false);
    }
  }
}
