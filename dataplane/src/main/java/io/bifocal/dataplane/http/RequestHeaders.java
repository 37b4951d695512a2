package io.bifocal.dataplane.http;

import io.bifocal.dataplane.extension.DownstreamConnection;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.http.codec.HeaderNames;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.Iterator;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** What a connection manager does to the headers of a request before its route is looked for. */
final class RequestHeaders {
  // What a client may not tell the proxy to do, and what only the first proxy may not be told.
  private static final Set<String> COMMANDS =
      Set.of(
          "x-envoy-internal",
          "x-envoy-retriable-status-codes",
          "x-envoy-retriable-header-names",
          "x-envoy-retry-on",
          "x-envoy-retry-grpc-on",
          "x-envoy-max-retries",
          "x-envoy-upstream-alt-stat-name",
          "x-envoy-upstream-rq-timeout-ms",
          "x-envoy-upstream-rq-per-try-timeout-ms",
          "x-envoy-upstream-rq-timeout-alt-response",
          "x-envoy-expected-rq-timeout-ms",
          "x-envoy-force-trace",
          "x-envoy-ip-tags",
          "x-envoy-original-url",
          "x-envoy-hedge-on-per-try-timeout");
  private static final Set<String> EDGE_COMMANDS =
      Set.of(
          "x-envoy-decorator-operation",
          "x-envoy-downstream-service-cluster",
          "x-envoy-downstream-service-node",
          "x-envoy-original-path",
          "x-envoy-original-host",
          "x-envoy-external-address");

  private RequestHeaders() {}

  static void prepare(RequestHead head, HttpSettings settings, DownstreamConnection downstream) {
    HttpHeaders headers = head.headers;
    dropNominated(headers);
    dropHopByHop(headers);
    boolean edge = settings.useRemoteAddress();
    dropCommands(headers, edge);
    // Nobody here has seen a client's certificate.
    headers.remove(HeaderNames.X_FORWARDED_CLIENT_CERT);
    if (edge) {
      if (downstream.remote() instanceof Address.Ip ip) {
        String address = ip.ip().getHostAddress();
        headers.set(HeaderNames.X_ENVOY_EXTERNAL_ADDRESS, address);
        if (!settings.skipForwardedFor()) {
          String forwarded = headers.get(HeaderNames.X_FORWARDED_FOR);
          headers.set(
              HeaderNames.X_FORWARDED_FOR, forwarded == null ? address : forwarded + "," + address);
        }
      }
      headers.set(HeaderNames.X_FORWARDED_PROTO, downstream.scheme());
    } else if (!headers.contains(HeaderNames.X_FORWARDED_PROTO)) {
      headers.set(HeaderNames.X_FORWARDED_PROTO, downstream.scheme());
    }
    if (settings.generateRequestId()
        && ((edge && !settings.preserveRequestId())
            || !headers.contains(HeaderNames.X_REQUEST_ID))) {
      headers.set(HeaderNames.X_REQUEST_ID, RequestId.next());
    }
  }

  /** Whether another protocol is asked for; {@code h2c} may be ignored and is. */
  static boolean asksForUpgrade(HttpHeaders headers) {
    String wanted = headers.get(HttpHeaderNames.UPGRADE);
    return wanted != null
        && !wanted.equalsIgnoreCase("h2c")
        && headers.containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE, true);
  }

  /** Takes {@code expect: 100-continue} out; whether it was there. */
  static boolean takeExpectation(HttpHeaders headers) {
    if (!headers.contains(HttpHeaderNames.EXPECT)
        || !HttpHeaderValues.CONTINUE.contentEqualsIgnoreCase(
            headers.get(HttpHeaderNames.EXPECT, ""))) {
      return false;
    }
    headers.remove(HttpHeaderNames.EXPECT);
    return true;
  }

  /** Removes what concerns one connection only (RFC 9110, section 7.6.1). */
  static void dropHopByHop(HttpHeaders headers) {
    headers.remove(HttpHeaderNames.CONNECTION);
    headers.remove(HeaderNames.KEEP_ALIVE);
    headers.remove(HeaderNames.PROXY_CONNECTION);
    headers.remove(HttpHeaderNames.TRANSFER_ENCODING);
    headers.remove(HttpHeaderNames.UPGRADE);
    String te = headers.get(HttpHeaderNames.TE);
    if (te != null && !te.equals("trailers")) {
      if (AsciiString.containsIgnoreCase(te, "trailers")) {
        headers.set(HttpHeaderNames.TE, "trailers");
      } else {
        headers.remove(HttpHeaderNames.TE);
      }
    }
  }

  // Headers that "connection" names go no further either; those that say who asks stay.
  private static void dropNominated(HttpHeaders headers) {
    String connection = headers.get(HttpHeaderNames.CONNECTION);
    if (connection == null
        || HttpHeaderValues.KEEP_ALIVE.contentEqualsIgnoreCase(connection)
        || HttpHeaderValues.CLOSE.contentEqualsIgnoreCase(connection)) {
      return;
    }
    for (String token : connection.split(",", 20)) {
      String name = token.trim().toLowerCase(Locale.ROOT);
      boolean kept =
          name.isEmpty()
              || name.equals("te")
              || name.startsWith("x-forwarded-")
              || name.startsWith("x-envoy-");
      if (!kept) {
        headers.remove(name);
      }
    }
  }

  private static void dropCommands(HttpHeaders headers, boolean edge) {
    if (!hasEnvoys(headers)) {
      return;
    }
    for (String name : Set.copyOf(headers.names())) {
      if (COMMANDS.contains(name) || (edge && EDGE_COMMANDS.contains(name))) {
        headers.remove(name);
      }
    }
  }

  private static boolean hasEnvoys(HttpHeaders headers) {
    Iterator<Map.Entry<CharSequence, CharSequence>> all = headers.iteratorCharSequence();
    while (all.hasNext()) {
      CharSequence name = all.next().getKey();
      if (name.length() > 8 && name.charAt(0) == 'x' && name.charAt(2) == 'e') {
        return true;
      }
    }
    return false;
  }
}
