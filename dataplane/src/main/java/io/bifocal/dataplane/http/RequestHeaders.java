package io.bifocal.dataplane.http;

import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.http.codec.HeaderNames;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.net.InetAddress;
import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a connection manager does to the headers of a request before its route is looked for. */
final class RequestHeaders {
  private RequestHeaders() {}

  static void prepare(RequestHead head, HttpSettings settings, Address remote) {
    HttpHeaders headers = head.headers;
    dropHopByHop(headers);
    boolean edge = false;
    boolean internal;
    String forwarded = headers.get(HeaderNames.X_FORWARDED_FOR);
    if (settings.useRemoteAddress()) {
      internal = forwarded == null && isInternal(remote);
      edge = !internal;
      if (!settings.skipForwardedFor() && remote instanceof Address.Ip ip) {
        String address = ip.ip().getHostAddress();
        headers.set(
            HeaderNames.X_FORWARDED_FOR, forwarded == null ? address : forwarded + "," + address);
      }
      headers.set(HeaderNames.X_FORWARDED_PROTO, "http");
    } else {
      internal = forwarded != null && forwarded.indexOf(',') < 0 && isInternal(forwarded);
      if (!headers.contains(HeaderNames.X_FORWARDED_PROTO)) {
        headers.set(HeaderNames.X_FORWARDED_PROTO, "http");
      }
    }
    if (edge) {
      dropEnvoys(headers);
    }
    if (internal) {
      headers.set(HeaderNames.X_ENVOY_INTERNAL, "true");
    } else {
      headers.remove(HeaderNames.X_ENVOY_INTERNAL);
    }
    if (settings.generateRequestId()
        && ((edge && !settings.preserveRequestId())
            || !headers.contains(HeaderNames.X_REQUEST_ID))) {
      headers.set(HeaderNames.X_REQUEST_ID, RequestId.next());
    }
  }

  static void dropHopByHop(HttpHeaders headers) {
    headers.remove(HttpHeaderNames.CONNECTION);
    headers.remove(HeaderNames.KEEP_ALIVE);
    headers.remove(HeaderNames.PROXY_CONNECTION);
    headers.remove(HttpHeaderNames.TRANSFER_ENCODING);
    headers.remove(HttpHeaderNames.UPGRADE);
    String te = headers.get(HttpHeaderNames.TE);
    if (te != null && !te.equals("trailers")) {
      headers.remove(HttpHeaderNames.TE);
    }
  }

  // At the edge nobody outside may tell the proxy what to do.
  private static void dropEnvoys(HttpHeaders headers) {
    Iterator<Map.Entry<CharSequence, CharSequence>> all = headers.iteratorCharSequence();
    boolean found = false;
    while (all.hasNext()) {
      CharSequence name = all.next().getKey();
      if (name.length() > 8 && name.charAt(0) == 'x' && name.charAt(2) == 'e') {
        found |= name.toString().startsWith("x-envoy-");
      }
    }
    if (found) {
      headers.names().stream()
          .filter(name -> name.startsWith("x-envoy-") && !name.equals("x-envoy-original-path"))
          .toList()
          .forEach(headers::remove);
    }
  }

  private static boolean isInternal(@Nullable Address remote) {
    return remote instanceof Address.Ip ip && isInternal(ip.ip());
  }

  private static boolean isInternal(String address) {
    String text = address.trim();
    return io.bifocal.api.IpLiterals.isLiteral(text)
        && isInternal(com.google.common.net.InetAddresses.forString(text));
  }

  // RFC 1918 and loopback, and their counterparts in IPv6.
  private static boolean isInternal(InetAddress ip) {
    byte first = ip.getAddress()[0];
    boolean unique = ip instanceof java.net.Inet6Address && (first & 0xFE) == 0xFC;
    return ip.isLoopbackAddress() || unique || ip.isSiteLocalAddress();
  }
}
