package io.bifocal.dataplane.http.codec;

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
    Http2Heads.addTo(to, head.headers, false);
    counted.fieldsGo(size(to));
    return to;
  }

  // Netty knows by this very type that the answer will have no content.
  private static CharSequence method(String method) {
    return method.equals("HEAD") ? HttpMethod.HEAD.asciiName() : method;
  }

  private static int size(Http3Headers headers) {
    int bytes = 0;
    for (Map.Entry<CharSequence, CharSequence> header : headers) {
      bytes += header.getKey().length() + header.getValue().length();
    }
    return bytes;
  }

  /** The head of an answer. */
  static Http3Headers response(int status, HttpHeaders headers, StreamBytes counted) {
    Http3Headers to =
        new DefaultHttp3Headers(false, headers.size() + 1).status(Http2Heads.status(status));
    counted.fieldsGo(Http2Heads.STATUS + addTo(to, headers));
    return to;
  }

  /** The fields behind a body. */
  static Http3Headers trailers(HttpHeaders from, StreamBytes counted) {
    Http3Headers to = new DefaultHttp3Headers(false, from.size());
    counted.fieldsGo(addTo(to, from));
    return to;
  }

  // How many bytes that is.
  private static int addTo(Http3Headers to, HttpHeaders from) {
    int bytes = 0;
    Iterator<Map.Entry<CharSequence, CharSequence>> all = from.iteratorCharSequence();
    while (all.hasNext()) {
      Map.Entry<CharSequence, CharSequence> header = all.next();
      to.add(AsciiString.of(header.getKey()).toLowerCase(), header.getValue());
      bytes += header.getKey().length() + header.getValue().length();
    }
    return bytes;
  }
}
