package io.bifocal.dataplane.extension;

import io.bifocal.dataplane.host.Address;

/**
 * What the listener knows of a connection it accepted.
 *
 * @param secure whether its bytes are protected by TLS
 * @param bufferLimit {@code per_connection_buffer_limit_bytes}, 1 MiB unless configured
 */
public record DownstreamConnection(
    long id,
    Address remote,
    Address local,
    String filterChainName,
    boolean secure,
    int bufferLimit) {
  /** Of the URLs by which its client asks. */
  public String scheme() {
    return secure ? "https" : "http";
  }
}
