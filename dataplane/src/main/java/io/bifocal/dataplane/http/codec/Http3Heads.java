package io.bifocal.dataplane.http.codec;

import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http3.DefaultHttp3Headers;
import io.netty.handler.codec.http3.Http3Headers;
import io.netty.util.AsciiString;
import java.util.Iterator;
import java.util.Map;

/** Heads of messages as HTTP/3 has them; RFC 9114, section 4. */
final class Http3Heads {
  private static final AsciiString HTTPS = AsciiString.cached("https");

  private Http3Heads() {}

  /** A request's. What concerns one connection only is no longer among its headers. */
  static Http3Headers request(RequestHead head, StreamBytes counted) {
    Http3Headers to = new DefaultHttp3Headers(false, head.headers.size() + 4);
    if (head.isConnect()) {
      to.method(HttpMethod.CONNECT.asciiName());
    } else {
      // There is no other scheme over QUIC.
      to.method(method(head.method)).path(head.path).scheme(HTTPS);
    }
    if (head.hasHost || !head.authority.isEmpty()) {
      to.authority(head.authority);
    }
    copy(head.headers, to);
    counted.fieldsGo(size(to));
    return to;
  }

  // Netty knows by this very type that the answer will have no content.
  private static CharSequence method(String method) {
    return method.equals("HEAD") ? HttpMethod.HEAD.asciiName() : method;
  }

  /** The fields behind a body. */
  static Http3Headers trailers(HttpHeaders fields, StreamBytes counted) {
    Http3Headers to = new DefaultHttp3Headers(false, fields.size());
    copy(fields, to);
    counted.fieldsGo(size(to));
    return to;
  }

  private static int size(Http3Headers headers) {
    int bytes = 0;
    for (Map.Entry<CharSequence, CharSequence> header : headers) {
      bytes += header.getKey().length() + header.getValue().length();
    }
    return bytes;
  }

  private static void copy(HttpHeaders from, Http3Headers to) {
    StringBuilder cookies = null;
    Iterator<Map.Entry<CharSequence, CharSequence>> all = from.iteratorCharSequence();
    while (all.hasNext()) {
      Map.Entry<CharSequence, CharSequence> header = all.next();
      CharSequence name = header.getKey();
      if (HttpHeaderNames.COOKIE.contentEqualsIgnoreCase(name)) {
        cookies = cookies == null ? new StringBuilder() : cookies.append("; ");
        cookies.append(header.getValue());
      } else {
        to.add(AsciiString.of(name).toLowerCase(), header.getValue());
      }
    }
    if (cookies != null) {
      to.add(HttpHeaderNames.COOKIE, cookies);
    }
  }

  /** What is no pseudo-header; {@code counted} hears how much came. */
  static HttpHeaders fields(Http3Headers from, StreamBytes counted) {
    counted.fieldsCame(size(from));
    // They were checked when they were read.
    HttpHeaders to = DefaultHttpHeadersFactory.headersFactory().withValidation(false).newHeaders();
    Iterator<Map.Entry<CharSequence, CharSequence>> all = from.iterator();
    while (all.hasNext()) {
      Map.Entry<CharSequence, CharSequence> header = all.next();
      CharSequence name = header.getKey();
      if (name.length() > 0 && name.charAt(0) != ':') {
        to.add(name, header.getValue());
      }
    }
    return to;
  }
}
