package io.bifocal.dataplane.http.codec;

import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.util.Iterator;
import java.util.Map;

/** Heads of messages, between the two versions; RFC 9113, section 8. */
final class Http2Heads {
  private static final AsciiString HTTP = AsciiString.cached("http");
  private static final AsciiString HTTPS = AsciiString.cached("https");

  private Http2Heads() {}

  /** A request's. What concerns one connection only is no longer among its headers. */
  static Http2Headers request(RequestHead head) {
    HttpHeaders from = head.headers;
    Http2Headers to = new DefaultHttp2Headers(false, from.size() + 4);
    to.method(head.method).path(head.path).scheme(scheme(from));
    if (head.hasHost || !head.authority.isEmpty()) {
      to.authority(head.authority);
    }
    StringBuilder cookies = null;
    Iterator<Map.Entry<CharSequence, CharSequence>> all = from.iteratorCharSequence();
    while (all.hasNext()) {
      Map.Entry<CharSequence, CharSequence> header = all.next();
      CharSequence name = header.getKey();
      if (HttpHeaderNames.COOKIE.contentEqualsIgnoreCase(name)) {
        // One line, as HTTP/1.1 wants it and Envoy sends it.
        cookies = cookies == null ? new StringBuilder() : cookies.append("; ");
        cookies.append(header.getValue());
      } else {
        to.add(AsciiString.of(name).toLowerCase(), header.getValue());
      }
    }
    if (cookies != null) {
      to.add(HttpHeaderNames.COOKIE, cookies);
    }
    return to;
  }

  private static AsciiString scheme(HttpHeaders headers) {
    String forwarded = headers.get(HeaderNames.X_FORWARDED_PROTO);
    return forwarded != null && HTTPS.contentEqualsIgnoreCase(forwarded) ? HTTPS : HTTP;
  }

  /** The headers, or the trailers, of an answer. */
  static HttpHeaders response(Http2Headers from) {
    // They were checked when they were read.
    HttpHeaders to = DefaultHttpHeadersFactory.headersFactory().withValidation(false).newHeaders();
    for (Map.Entry<CharSequence, CharSequence> header : from) {
      CharSequence name = header.getKey();
      if (name.length() > 0 && name.charAt(0) != ':') {
        to.add(name, header.getValue());
      }
    }
    return to;
  }
}
