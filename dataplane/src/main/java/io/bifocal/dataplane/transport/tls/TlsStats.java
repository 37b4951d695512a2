package io.bifocal.dataplane.transport.tls;

import io.bifocal.dataplane.stats.Cell;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.transport.tls.PeerVerifier.Finding;

/**
 * One worker's cells of the TLS statistics of a cluster ({@code cluster.<name>.ssl.*}) or a
 * listener ({@code listener.<address>.ssl.*}).
 */
final class TlsStats {
  final Cell handshake;
  final Cell sessionReused;
  final Cell noCertificate;
  final Cell connectionError;
  final Cell failVerifyNoCert;
  final Cell stapleRequests;
  final Cell stapleResponses;
  final Cell stapleOmitted;
  final Cell stapleFailed;
  private final Cell failVerifyError;
  private final Cell failVerifySan;
  private final Cell failVerifyCertHash;
  private final Scope ssl;
  private final String cipherTag;
  private final int shard;

  private TlsStats(Scope owner, int shard, String cipherTag) {
    this.ssl = owner.scope("ssl");
    this.cipherTag = cipherTag;
    this.shard = shard;
    handshake = counter("handshake");
    sessionReused = counter("session_reused");
    noCertificate = counter("no_certificate");
    connectionError = counter("connection_error");
    failVerifyError = counter("fail_verify_error");
    failVerifySan = counter("fail_verify_san");
    failVerifyCertHash = counter("fail_verify_cert_hash");
    stapleRequests = counter("ocsp_staple_requests"); // of clients only, these
    stapleResponses = counter("ocsp_staple_responses");
    stapleOmitted = counter("ocsp_staple_omitted");
    stapleFailed = counter("ocsp_staple_failed");
    failVerifyNoCert = counter("fail_verify_no_cert"); // of clients only, as with Envoy
  }

  static TlsStats ofCluster(Scope cluster, int shard) {
    return new TlsStats(cluster, shard, "cipher_suite");
  }

  static TlsStats ofListener(Scope listener, int shard) {
    return new TlsStats(listener, shard, "envoy.ssl_cipher");
  }

  /** Counts what was found of a peer. */
  void found(Finding finding) {
    Cell cell =
        switch (finding) {
          case BAD_CHAIN -> failVerifyError;
          case WRONG_NAME -> failVerifySan;
          case WRONG_HASH -> failVerifyCertHash;
        };
    cell.inc();
  }

  /**
   * Counts what was agreed on.
   *
   * @param group of the key exchange; empty where there was none, or the library does not tell
   */
  void agreed(String version, String cipher, String group) {
    ssl.counter("versions", "envoy.ssl_version", version).at(shard).inc();
    ssl.counter("ciphers", cipherTag, cipher).at(shard).inc();
    if (!group.isEmpty()) {
      ssl.counter("curves", "envoy.ssl_curve", group).at(shard).inc();
    }
  }

  private Cell counter(String name) {
    return ssl.counter(name).at(shard);
  }
}
