package io.bifocal.dataplane.grid;

import org.jspecify.annotations.Nullable;

/**
 * What of a request concerns how it gets its connection.
 *
 * @param http3 whether HTTP/3 may be used
 * @param sni the server name that it asks for in the place of the transport socket's, or null
 */
public record GridRequest(Http3Use http3, @Nullable String sni) {
  /** Any other. */
  public static final GridRequest ORDINARY = new GridRequest(Http3Use.ALLOWED, null);

  /** Whether HTTP/3 may be used. */
  public enum Http3Use {
    ALLOWED,
    FORBIDDEN,
    /**
     * Not again: the request failed on a connection of HTTP/3 that was up. If TCP is up then,
     * HTTP/3 is broken.
     */
    FAILED
  }
}
