package io.bifocal.dataplane.expression;

import io.bifocal.dataplane.stream.HeaderBytes;
import io.bifocal.dataplane.stream.StreamInfo;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** {@code request.…}. */
final class RequestAttributes {
  private RequestAttributes() {}

  static Attributes.Table table() {
    return new Attributes.Table()
        .put("path", Headers.request(s -> s.path))
        .put("url_path", Headers.request(s -> s.path.substring(0, end(s.path))))
        .put("query", RequestAttributes::query)
        .put("host", Headers.request(s -> s.authority))
        .put("scheme", Headers.request(s -> s.scheme))
        .put("method", Headers.request(s -> s.method))
        .put("headers", Headers::ofRequest)
        .put("referer", Headers.ofRequest("referer"))
        .put("useragent", Headers.ofRequest("user-agent"))
        .put("id", Headers.ofRequest("x-request-id"))
        .put("time", s -> Instant.ofEpochMilli(s.startEpochMillis))
        .put("protocol", s -> s.protocol.isEmpty() ? null : s.protocol)
        .put("duration", s -> s.endNanos < 0 ? null : Duration.ofNanos(s.endNanos - s.startNanos))
        .put("size", RequestAttributes::size)
        .put("headers_bytes", HeaderBytes::ofRequest)
        .put("total_size", s -> s.bytesReceived + HeaderBytes.ofRequest(s));
  }

  private static int end(String path) {
    int query = path.indexOf('?');
    return query < 0 ? path.length() : query;
  }

  private static @Nullable Object query(StreamInfo stream) {
    if (stream.requestHeaders == null) {
      return null;
    }
    String path = stream.path;
    int query = path.indexOf('?');
    int fragment = query < 0 ? -1 : path.indexOf('#', query);
    return query < 0 ? "" : path.substring(query + 1, fragment < 0 ? path.length() : fragment);
  }

  // As it was announced, if it was.
  private static @Nullable Object size(StreamInfo stream) {
    String announced =
        stream.requestHeaders == null ? null : stream.requestHeaders.get("content-length");
    try {
      return announced == null ? stream.bytesReceived : Long.parseLong(announced);
    } catch (NumberFormatException e) {
      return null;
    }
  }
}
