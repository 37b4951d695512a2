package io.bifocal.dataplane.transport.tls;

/** What is asked of a peer beside its verification. */
enum PeerRules {
  /** Nothing. */
  VERIFIED,

  /**
   * What Envoy's library of QUIC asks of servers, whatever the validation context says: a
   * certificate that is good for the name that is asked for, and no short key of RSA.
   */
  VERIFIED_AND_NAMED
}
