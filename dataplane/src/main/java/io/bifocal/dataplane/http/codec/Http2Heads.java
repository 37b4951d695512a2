package io.bifocal.dataplane.http.codec;

import io.netty.handler.codec.Headers;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.ReadOnlyHttp2Headers;
import io.netty.util.AsciiString;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Heads of messages, between the two versions; RFC 9113, section 8. */
final class Http2Heads {
  private static final AsciiString HTTP = AsciiString.cached("http");
  private static final AsciiString HTTPS = AsciiString.cached("https");

  private static final CharSequence METHOD = Http2Headers.PseudoHeaderName.METHOD.value();
  private static final CharSequence PATH = Http2Headers.PseudoHeaderName.PATH.value();
  private static final CharSequence AUTHORITY = Http2Headers.PseudoHeaderName.AUTHORITY.value();
  private static final CharSequence PROTOCOL = Http2Headers.PseudoHeaderName.PROTOCOL.value();
  private static final AsciiString[] STATUSES = new AsciiString[600];

  static {
    for (int i = 0; i < STATUSES.length; i++) {
      STATUSES[i] = AsciiString.cached(Integer.toString(i));
    }
  }

  /** How many bytes a status is, with its name. */
  static final int STATUS = ":status200".length();

  private static final int PATH_AND_SCHEME = ":path:scheme".length();

  private Http2Heads() {}

  /** A request's. What concerns one connection only is no longer among its headers. */
  static Http2Headers request(RequestHead head, StreamBytes counted) {
    HttpHeaders from = head.headers;
    Http2Headers to = new DefaultHttp2Headers(false, from.size() + 4);
    int bytes = head.upgrade == null ? usual(head, to) : connect(head, to);
    if (head.hasHost || !head.authority.isEmpty()) {
      to.authority(head.authority);
      bytes += AUTHORITY.length() + head.authority.length();
    }
    counted.fieldsGo(bytes + addTo(to, from, head.upgrade != null));
    return to;
  }

  /**
   * Adds a request's fields, cookies in one line as HTTP/1.1 wants them and Envoy sends them.
   *
   * @param upgrade whether what HTTP/1.1 says of an upgrade is left out
   * @return how many bytes that is
   */
  static int addTo(Headers<CharSequence, CharSequence, ?> to, HttpHeaders from, boolean upgrade) {
    int bytes = 0;
    StringBuilder cookies = null;
    Iterator<Map.Entry<CharSequence, CharSequence>> all = from.iteratorCharSequence();
    while (all.hasNext()) {
      Map.Entry<CharSequence, CharSequence> header = all.next();
      CharSequence name = header.getKey();
      if (upgrade && ofHttp1(name)) {
        continue;
      }
      if (HttpHeaderNames.COOKIE.contentEqualsIgnoreCase(name)) {
        cookies = cookies == null ? new StringBuilder() : cookies.append("; ");
        cookies.append(header.getValue());
      } else {
        to.add(AsciiString.of(name).toLowerCase(), header.getValue());
        bytes += name.length() + header.getValue().length();
      }
    }
    if (cookies != null) {
      to.add(HttpHeaderNames.COOKIE, cookies);
      bytes += HttpHeaderNames.COOKIE.length() + cookies.length();
    }
    return bytes;
  }

  // How many bytes that is.
  private static int usual(RequestHead head, Http2Headers to) {
    to.method(head.method);
    return METHOD.length() + head.method.length() + target(head, to);
  }

  private static int target(RequestHead head, Http2Headers to) {
    AsciiString scheme = scheme(head);
    to.path(head.path).scheme(scheme);
    return PATH_AND_SCHEME + head.path.length() + scheme.length();
  }

  // RFC 9113, section 8.5, and for other protocols RFC 8441, section 4.
  private static int connect(RequestHead head, Http2Headers to) {
    AsciiString method = HttpMethod.CONNECT.asciiName();
    String protocol = head.isConnect() ? null : head.upgrade;
    to.method(method);
    int bytes = METHOD.length() + method.length();
    if (protocol != null) {
      to.set(PROTOCOL, protocol);
      bytes += PROTOCOL.length() + protocol.length() + target(head, to);
    }
    return bytes;
  }

  private static boolean ofHttp1(CharSequence name) {
    return HttpHeaderNames.UPGRADE.contentEqualsIgnoreCase(name)
        || HttpHeaderNames.CONNECTION.contentEqualsIgnoreCase(name);
  }

  private static AsciiString scheme(RequestHead head) {
    String forwarded = head.headers.get(HeaderNames.X_FORWARDED_PROTO);
    String scheme = forwarded == null ? head.scheme : forwarded;
    return HTTPS.contentEqualsIgnoreCase(scheme) ? HTTPS : HTTP;
  }

  /** The head of an answer. */
  static Http2Headers response(int status, HttpHeaders headers, StreamBytes counted) {
    return ReadOnlyHttp2Headers.serverHeaders(
        false, status(status), pairs(headers, STATUS, counted));
  }

  /** The fields behind a body. */
  static Http2Headers trailers(HttpHeaders fields, StreamBytes counted) {
    return ReadOnlyHttp2Headers.trailers(false, pairs(fields, 0, counted));
  }

  // Beside so many bytes of others.
  private static AsciiString[] pairs(HttpHeaders from, int others, StreamBytes counted) {
    int bytes = others;
    AsciiString[] pairs = new AsciiString[from.size() * 2];
    int at = 0;
    Iterator<Map.Entry<CharSequence, CharSequence>> all = from.iteratorCharSequence();
    while (all.hasNext()) {
      Map.Entry<CharSequence, CharSequence> header = all.next();
      pairs[at++] = AsciiString.of(header.getKey()).toLowerCase();
      pairs[at++] = AsciiString.of(header.getValue());
      bytes += pairs[at - 2].length() + pairs[at - 1].length();
    }
    counted.fieldsGo(bytes);
    return pairs;
  }

  static AsciiString status(int status) {
    return status < STATUSES.length ? STATUSES[status] : AsciiString.of(Integer.toString(status));
  }

  /**
   * The request that a client sends; null when it is none. One for another protocol looks as it
   * does on HTTP/1.1.
   *
   * @param extended whether clients may ask for other protocols
   */
  static @Nullable RequestHead requestHead(
      Headers<CharSequence, CharSequence, ?> from, boolean extended, StreamBytes counted) {
    CharSequence method = from.get(METHOD);
    CharSequence protocol = from.get(PROTOCOL);
    boolean connects = method != null && HttpMethod.CONNECT.asciiName().contentEquals(method);
    if (method == null || (protocol != null && !(extended && connects))) {
      return null;
    }
    CharSequence path = from.get(PATH);
    CharSequence authority = from.get(AUTHORITY);
    CharSequence host = from.get(HttpHeaderNames.HOST);
    CharSequence shown = authority == null ? host : authority;
    HttpHeaders to = fields(from, counted);
    to.remove(HttpHeaderNames.HOST);
    joinCookies(to);
    String upgrade = null;
    if (protocol != null) {
      upgrade = protocol.toString();
      to.set(HttpHeaderNames.UPGRADE, upgrade);
      to.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE);
    } else if (connects) {
      upgrade = RequestHead.CONNECT;
    }
    RequestHead head =
        new RequestHead(
            protocol == null ? method.toString() : "GET",
            path == null ? "" : path.toString(),
            shown == null ? "" : shown.toString(),
            shown != null,
            to);
    head.upgrade = upgrade;
    return head;
  }

  // HTTP/2 has them in several lines, HTTP/1.1 in one (RFC 9113, section 8.2.3).
  private static void joinCookies(HttpHeaders headers) {
    String first = headers.get(HttpHeaderNames.COOKIE);
    if (first == null) {
      return;
    }
    List<String> all = headers.getAll(HttpHeaderNames.COOKIE);
    if (all.size() > 1) {
      headers.set(HttpHeaderNames.COOKIE, String.join("; ", all));
    }
  }

  /** What is no pseudo-header; {@code counted} hears how much came. */
  static HttpHeaders fields(Headers<CharSequence, CharSequence, ?> from, StreamBytes counted) {
    int bytes = 0;
    // They were checked when they were read.
    HttpHeaders to = DefaultHttpHeadersFactory.headersFactory().withValidation(false).newHeaders();
    for (Map.Entry<CharSequence, CharSequence> header : from) {
      CharSequence name = header.getKey();
      bytes += name.length() + header.getValue().length();
      if (name.length() > 0 && name.charAt(0) != ':') {
        to.add(name, header.getValue());
      }
    }
    counted.fieldsCame(bytes);
    return to;
  }
}
