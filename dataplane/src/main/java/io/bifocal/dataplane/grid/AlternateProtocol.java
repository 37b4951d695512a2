package io.bifocal.dataplane.grid;

/**
 * An alternative that an origin has, for a while.
 *
 * @param protocol its ALPN protocol id
 * @param host another host, or empty for the same
 * @param expiresAt in nanoseconds of the loops' clock; {@link #NEVER} for as long as nothing else
 *     is said
 */
public record AlternateProtocol(String protocol, String host, int port, long expiresAt) {
  static final long NEVER = Long.MAX_VALUE;

  /** The ALPN protocol id of RFC 9114. */
  static final String HTTP_3 = "h3";

  boolean isExpired(long now) {
    return expiresAt != NEVER && now - expiresAt >= 0;
  }

  /**
   * Whether it is what is tried here: HTTP/3 on the same host and port. Any other host would need
   * addresses of its own.
   */
  boolean isUsable(Origin origin) {
    return protocol.equals(HTTP_3) && host.isEmpty() && port == origin.port();
  }
}
