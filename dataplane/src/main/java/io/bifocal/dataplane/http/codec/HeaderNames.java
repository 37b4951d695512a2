package io.bifocal.dataplane.http.codec;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Header names in lower case, as Envoy forwards them. The usual ones are shared, so that they are
 * neither made nor hashed anew for every message.
 */
public final class HeaderNames {
  public static final AsciiString X_REQUEST_ID = AsciiString.cached("x-request-id");
  public static final AsciiString X_FORWARDED_FOR = AsciiString.cached("x-forwarded-for");
  public static final AsciiString X_FORWARDED_PROTO = AsciiString.cached("x-forwarded-proto");
  public static final AsciiString X_FORWARDED_HOST = AsciiString.cached("x-forwarded-host");
  public static final AsciiString X_FORWARDED_CLIENT_CERT =
      AsciiString.cached("x-forwarded-client-cert");
  public static final AsciiString X_FORWARDED_PORT = AsciiString.cached("x-forwarded-port");
  public static final AsciiString X_ENVOY_INTERNAL = AsciiString.cached("x-envoy-internal");
  public static final AsciiString X_ENVOY_FORCE_TRACE = AsciiString.cached("x-envoy-force-trace");
  public static final AsciiString X_ENVOY_DOWNSTREAM_SERVICE_CLUSTER =
      AsciiString.cached("x-envoy-downstream-service-cluster");
  public static final AsciiString X_ENVOY_DOWNSTREAM_SERVICE_NODE =
      AsciiString.cached("x-envoy-downstream-service-node");
  public static final AsciiString PROXY_STATUS = AsciiString.cached("proxy-status");
  public static final AsciiString GRPC_STATUS = AsciiString.cached("grpc-status");
  public static final AsciiString GRPC_MESSAGE = AsciiString.cached("grpc-message");
  public static final AsciiString X_ENVOY_OVERLOADED = AsciiString.cached("x-envoy-overloaded");
  public static final AsciiString X_ENVOY_ORIGINAL_PATH =
      AsciiString.cached("x-envoy-original-path");
  public static final AsciiString X_ENVOY_ORIGINAL_HOST =
      AsciiString.cached("x-envoy-original-host");
  public static final AsciiString X_ENVOY_EXTERNAL_ADDRESS =
      AsciiString.cached("x-envoy-external-address");
  public static final AsciiString X_ENVOY_ATTEMPT_COUNT =
      AsciiString.cached("x-envoy-attempt-count");
  public static final AsciiString X_ENVOY_EXPECTED_RQ_TIMEOUT_MS =
      AsciiString.cached("x-envoy-expected-rq-timeout-ms");
  public static final AsciiString X_ENVOY_UPSTREAM_SERVICE_TIME =
      AsciiString.cached("x-envoy-upstream-service-time");
  public static final AsciiString KEEP_ALIVE = AsciiString.cached("keep-alive");
  public static final AsciiString PROXY_CONNECTION = AsciiString.cached("proxy-connection");

  private static final int SLOTS = 256;
  private static final AsciiString[] SHARED = new AsciiString[SLOTS];

  private static final boolean[] TOKEN = new boolean[128];

  static {
    for (char c = 0; c < TOKEN.length; c++) {
      TOKEN[c] =
          (c >= '0' && c <= '9')
              || (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || "!#$%&'*+-.^_`|~".indexOf(c) >= 0;
    }
    String names =
        "accept accept-charset accept-encoding accept-language accept-ranges age allow"
            + " authorization cache-control connection content-disposition content-encoding"
            + " content-language content-length content-type cookie date etag expect expires host"
            + " if-match if-modified-since if-none-match if-range last-modified location origin"
            + " pragma range referer retry-after server set-cookie te traceparent tracestate"
            + " transfer-encoding upgrade user-agent vary via grpc-timeout"
            + " sec-fetch-mode sec-fetch-site sec-fetch-dest strict-transport-security";
    for (String name : names.split(" ")) {
      share(AsciiString.cached(name));
    }
    share(X_REQUEST_ID);
    share(X_FORWARDED_FOR);
    share(X_FORWARDED_PROTO);
    share(X_FORWARDED_HOST);
    share(X_ENVOY_EXPECTED_RQ_TIMEOUT_MS);
    share(X_ENVOY_UPSTREAM_SERVICE_TIME);
    share(KEEP_ALIVE);
  }

  private HeaderNames() {}

  // Two names in one slot: the first keeps it, the other is made each time.
  private static void share(AsciiString name) {
    int length = name.length();
    int slot = slot(length, name.byteAt(0), name.byteAt(length - 1));
    if (SHARED[slot] == null) {
      SHARED[slot] = name;
    }
  }

  /** The name in {@code bytes}, in lower case; null when it is none (RFC 9110, section 5.1). */
  static @Nullable AsciiString of(byte[] bytes, int start, int length) {
    if (length == 0) {
      return null;
    }
    byte first = lower(bytes[start]);
    byte last = lower(bytes[start + length - 1]);
    AsciiString shared = SHARED[slot(length, first, last)];
    if (shared != null && shared.length() == length && matches(shared, bytes, start)) {
      return shared;
    }
    byte[] copy = new byte[length];
    for (int i = 0; i < length; i++) {
      byte b = bytes[start + i];
      if (!isTokenByte(b)) {
        return null;
      }
      copy[i] = lower(b);
    }
    return new AsciiString(copy, false);
  }

  /** Whether a token may have it (RFC 9110, section 5.6.2). */
  static boolean isTokenByte(byte b) {
    return b >= 0 && TOKEN[b];
  }

  /** The names that have an underscore in them. */
  public static List<String> withUnderscores(HttpHeaders headers) {
    List<String> found = List.of();
    Iterator<Map.Entry<CharSequence, CharSequence>> all = headers.iteratorCharSequence();
    while (all.hasNext()) {
      CharSequence name = all.next().getKey();
      if (AsciiString.indexOf(name, '_', 0) >= 0) {
        if (found.isEmpty()) {
          found = new ArrayList<>();
        }
        found.add(name.toString());
      }
    }
    return found;
  }

  private static boolean matches(AsciiString name, byte[] bytes, int start) {
    byte[] wanted = name.array();
    for (int i = 0; i < wanted.length; i++) {
      if (lower(bytes[start + i]) != wanted[i]) {
        return false;
      }
    }
    return true;
  }

  private static int slot(int length, byte first, byte last) {
    return (length * 31 + first * 7 + last) & (SLOTS - 1);
  }

  private static byte lower(byte b) {
    return b >= 'A' && b <= 'Z' ? (byte) (b + 32) : b;
  }
}
