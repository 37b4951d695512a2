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
   * @param sni the server name that connections ask for, or empty
   * @param hostname the host's, or empty
   * @return null when nothing names it: then nothing is known of it either
   */
  public static @Nullable Origin of(String sni, String hostname, int port) {
    String name = sni.isEmpty() ? hostname : sni;
    return name.isEmpty() ? null : new Origin(name, port);
  }
}
