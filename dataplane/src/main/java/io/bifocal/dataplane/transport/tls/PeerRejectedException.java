package io.bifocal.dataplane.transport.tls;

import java.security.cert.CertificateException;

/** A peer that is not who it should be. */
final class PeerRejectedException extends CertificateException {
  private static final long serialVersionUID = 1L;

  PeerRejectedException(String reason) {
    super(reason);
  }
}
