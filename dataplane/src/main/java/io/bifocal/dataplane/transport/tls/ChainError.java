package io.bifocal.dataplane.transport.tls;

import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.PKIXReason;

/** What can be wrong with a chain of certificates, by OpenSSL's numbers and in its words. */
enum ChainError {
  UNSPECIFIED(1, "unspecified certificate verification error"),
  NO_CRL(
      3,
      "certificate revocation check against provided CRLs failed: unable to get certificate CRL"),
  BAD_SIGNATURE(7, "certificate signature failure"),
  NOT_YET_VALID(9, "certificate is not yet valid"),
  EXPIRED(10, "certificate has expired"),
  SELF_SIGNED(18, "self signed certificate"),
  SELF_SIGNED_IN_CHAIN(19, "self signed certificate in certificate chain"),
  NO_LOCAL_ISSUER(20, "unable to get local issuer certificate"),
  REVOKED(23, "certificate revocation check against provided CRLs failed: certificate revoked"),
  INVALID_CA(24, "invalid CA certificate"),
  PATH_LENGTH_EXCEEDED(25, "path length constraint exceeded"),
  INVALID_PURPOSE(26, "unsupported certificate purpose"),
  UNHANDLED_CRITICAL_EXTENSION(34, "unhandled critical extension"),
  PERMITTED_VIOLATION(47, "permitted subtree violation");

  private final int number;
  private final String text;

  ChainError(int number, String text) {
    this.number = number;
    this.text = text;
  }

  int number() {
    return number;
  }

  String text() {
    return text;
  }

  /** What the JDK's validator means. */
  static ChainError of(CertPathValidatorException failure) {
    CertPathValidatorException.Reason reason = failure.getReason();
    if (reason instanceof BasicReason basic) {
      return switch (basic) {
        case EXPIRED -> EXPIRED;
        case NOT_YET_VALID -> NOT_YET_VALID;
        case INVALID_SIGNATURE -> BAD_SIGNATURE;
        case REVOKED -> REVOKED;
        case UNDETERMINED_REVOCATION_STATUS -> NO_CRL;
        case ALGORITHM_CONSTRAINED, UNSPECIFIED -> UNSPECIFIED;
      };
    }
    if (reason instanceof PKIXReason pkix) {
      return switch (pkix) {
        case NOT_CA_CERT, INVALID_KEY_USAGE -> INVALID_CA;
        case PATH_TOO_LONG -> PATH_LENGTH_EXCEEDED;
        case INVALID_NAME -> PERMITTED_VIOLATION;
        case UNRECOGNIZED_CRIT_EXT -> UNHANDLED_CRITICAL_EXTENSION;
        case NO_TRUST_ANCHOR -> NO_LOCAL_ISSUER;
        case NAME_CHAINING, INVALID_POLICY -> UNSPECIFIED;
      };
    }
    return UNSPECIFIED;
  }
}
