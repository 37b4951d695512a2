package io.bifocal.dataplane.stream;

import io.netty.handler.codec.http.HttpHeaders;
import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How large heads are: the names and the values, without what is between them. */
public final class HeaderBytes {
  private HeaderBytes() {}

  public static long ofRequest(StreamInfo stream) {
    if (stream.requestHeaders == null) {
      return 0;
    }
    return pseudo(":method", stream.method)
        + pseudo(":path", stream.path)
        + pseudo(":authority", stream.authority)
        + pseudo(":scheme", stream.scheme)
        + of(stream.requestHeaders);
  }

  public static long ofResponse(StreamInfo stream) {
    return stream.responseHeaders == null
        ? 0
        : pseudo(":status", "200") + of(stream.responseHeaders);
  }

  public static long ofTrailers(StreamInfo stream) {
    return of(stream.responseTrailers);
  }

  private static long pseudo(String name, String value) {
    return value.isEmpty() ? 0 : name.length() + value.length();
  }

  private static long of(@Nullable HttpHeaders headers) {
    if (headers == null) {
      return 0;
    }
    long bytes = 0;
    Iterator<Map.Entry<CharSequence, CharSequence>> all = headers.iteratorCharSequence();
    while (all.hasNext()) {
      Map.Entry<CharSequence, CharSequence> header = all.next();
      bytes += header.getKey().length() + header.getValue().length();
    }
    return bytes;
  }
}
