package io.bifocal.dataplane.http.codec;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the {@code connection} header of a request names (RFC 9110, section 7.6.1): headers that go
 * no further. What tells who asks for what must not be dropped on a client's word.
 */
final class ConnectionOptions {
  private static final int MOST = 10;
  private static final Set<String> PROTECTED =
      Set.of("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto");

  private ConnectionOptions() {}

  /** Whether none of them is protected, and there are not too many, as Envoy counts. */
  static boolean areHarmless(HttpHeaders headers) {
    String options = nominations(headers);
    if (options == null) {
      return true;
    }
    String[] names = options.split(",", -1);
    for (String name : names) {
      String lower = name.trim().toLowerCase(Locale.ROOT);
      if (lower.startsWith(":") || PROTECTED.contains(lower)) {
        return false;
      }
    }
    return names.length <= MOST;
  }

  /** A client that says its host concerns only the connection has named none. */
  static void dropNominatedHost(HttpHeaders headers) {
    String options = nominations(headers);
    if (options == null) {
      return;
    }
    for (String name : options.split(",", -1)) {
      if (HttpHeaderNames.HOST.contentEqualsIgnoreCase(name.trim())) {
        headers.remove(HttpHeaderNames.HOST);
      }
    }
  }

  // Null for the usual ones, which name no header.
  private static @Nullable String nominations(HttpHeaders headers) {
    String options = headers.get(HttpHeaderNames.CONNECTION);
    return options == null
            || HttpHeaderValues.KEEP_ALIVE.contentEqualsIgnoreCase(options)
            || HttpHeaderValues.CLOSE.contentEqualsIgnoreCase(options)
        ? null
        : options;
  }

  /** Whether one is to be kept that would end otherwise. */
  static boolean sayKeepAlive(HttpHeaders headers) {
    return headers.containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE, true);
  }

  /** Whether a client is about to end it. */
  static boolean sayClose(HttpHeaders headers) {
    return headers.containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE, true)
        || headers.containsValue(HeaderNames.PROXY_CONNECTION, HttpHeaderValues.CLOSE, true);
  }
}
