package io.bifocal.dataplane.grid;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Whom an {@code Alt-Svc} is of: always {@code https}, for HTTP/3 has no other scheme.
 *
 * @param host its name, in lower case
 */
public record Origin(String host, int port) {
  public Origin {
    host = host.toLowerCase(Locale.ROOT);
  }

  /**
   * The origin that requests to a host go to: named as the server is in the handshake, else as the
   * host is.
   *
   * @param overriding the server name that the request itself asks for, or null
   * @param sni the transport socket's server name, or empty
   * @param hostname the host's, or empty
   * @return null when nothing names it: then nothing is known of it either
   */
  static @Nullable Origin of(@Nullable String overriding, String sni, String hostname, int port) {
    String name = overriding != null ? overriding : sni.isEmpty() ? hostname : sni;
    return name.isEmpty() ? null : new Origin(name, port);
  }
}
