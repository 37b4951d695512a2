package io.bifocal.dataplane.http;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.extension.DownstreamConnection;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.http.codec.HeaderNames;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.stream.StreamInfo;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.Iterator;
import java.util.List;
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

  /** Makes a request's head what a route may be looked for with; where it comes from. */
  static Origin prepare(
      RequestHead head, HttpSettings settings, DownstreamConnection downstream, StreamInfo info) {
    HttpHeaders headers = head.headers;
    if (settings.early() != null) {
      settings.early().apply(headers, info);
    }
    boolean upgrade = head.upgrade != null && !head.isConnect();
    dropNominated(headers, upgrade);
    dropHopByHop(headers, upgrade);
    Origin origin = settings.client().settle(headers, downstream, info);
    if (origin == Origin.INTERNAL) {
      headers.set(HeaderNames.X_ENVOY_INTERNAL, "true");
    } else {
      dropCommands(headers, origin == Origin.EDGE);
    }
    boolean first = settings.client().trustsPeer() && settings.client().hops() == 0;
    scheme(head, settings, downstream, first);
    if (settings.appendPort()
        && downstream.local() instanceof Address.Ip local
        && (first || !headers.contains(HeaderNames.X_FORWARDED_PORT))) {
      headers.set(HeaderNames.X_FORWARDED_PORT, Integer.toString(local.port()));
    }
    HttpSettings.Caller caller = settings.caller();
    if (caller != null) {
      tellCaller(headers, caller);
    }
    if (settings.via() != null) {
      appendVia(headers, settings.via());
    }
    if (origin == Origin.EDGE && info.downstreamRemote instanceof Address.Ip ip) {
      headers.set(HeaderNames.X_ENVOY_EXTERNAL_ADDRESS, InetAddresses.toAddrString(ip.ip()));
    }
    if (settings.generateRequestId()
        && ((origin == Origin.EDGE && !settings.preserveRequestId())
            || !headers.contains(HeaderNames.X_REQUEST_ID))) {
      headers.set(HeaderNames.X_REQUEST_ID, RequestId.next());
    }
    settings.clientCert().apply(headers, info.downstreamTls);
    return origin;
  }

  // A client that is no trusted proxy does not say by which scheme it asks.
  private static void scheme(
      RequestHead head, HttpSettings settings, DownstreamConnection downstream, boolean first) {
    HttpHeaders headers = head.headers;
    String forced = settings.scheme();
    if (forced != null) {
      headers.set(HeaderNames.X_FORWARDED_PROTO, forced);
      head.scheme = forced;
      return;
    }
    String told = first ? null : headers.get(HeaderNames.X_FORWARDED_PROTO);
    if (told == null) {
      told = downstream.scheme();
      headers.set(HeaderNames.X_FORWARDED_PROTO, told);
    }
    if (head.scheme.isEmpty()) {
      boolean known = told.equalsIgnoreCase("http") || told.equalsIgnoreCase("https");
      head.scheme = known ? told.toLowerCase(Locale.ROOT) : downstream.scheme();
    }
  }

  private static void tellCaller(HttpHeaders headers, HttpSettings.Caller caller) {
    headers.set(HeaderNames.X_ENVOY_DOWNSTREAM_SERVICE_CLUSTER, caller.cluster());
    if (headers.get(HttpHeaderNames.USER_AGENT, "").isEmpty()) {
      headers.set(HttpHeaderNames.USER_AGENT, caller.cluster());
    }
    if (!caller.node().isEmpty()) {
      headers.set(HeaderNames.X_ENVOY_DOWNSTREAM_SERVICE_NODE, caller.node());
    }
  }

  /** Adds a proxy to those that a message has passed (RFC 9110, section 7.6.3). */
  static void appendVia(HttpHeaders headers, String via) {
    List<String> before = headers.getAll(HttpHeaderNames.VIA);
    headers.set(
        HttpHeaderNames.VIA, before.isEmpty() ? via : String.join(",", before) + ", " + via);
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

  /**
   * Removes what concerns one connection only (RFC 9110, section 7.6.1).
   *
   * @param upgrade whether another protocol is asked for, or begins: that is passed on
   */
  static void dropHopByHop(HttpHeaders headers, boolean upgrade) {
    if (!upgrade) {
      headers.remove(HttpHeaderNames.CONNECTION);
      headers.remove(HttpHeaderNames.UPGRADE);
    }
    headers.remove(HeaderNames.KEEP_ALIVE);
    headers.remove(HeaderNames.PROXY_CONNECTION);
    headers.remove(HttpHeaderNames.TRANSFER_ENCODING);
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
  private static void dropNominated(HttpHeaders headers, boolean upgrade) {
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
              || (upgrade && name.equals("upgrade"))
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
