package io.bifocal.dataplane.http.codec;

import io.netty.handler.codec.http.HttpHeaderNames;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Finds requests. */
final class Http1RequestParser extends Http1Parser {
  private @Nullable RequestLine line;

  Http1RequestParser(Receiver receiver, Http1Options options) {
    super(receiver, options);
  }

  /** How the request begins whose head has come. */
  RequestLine line() {
    return Objects.requireNonNull(line);
  }

  @Override
  public boolean startLine(byte[] bytes, int start, int end) {
    line = RequestLine.of(bytes, start, end);
    return line != null;
  }

  @Override
  public boolean allowsBlanks() {
    return false;
  }

  @Override
  @Nullable Body frame(HeaderList headers, long length, boolean coded) {
    if (!coded) {
      return length > 0 ? Body.LENGTH : Body.NONE;
    }
    int coding = headers.find(HttpHeaderNames.TRANSFER_ENCODING, 0);
    if (line().version() != RequestLine.Version.HTTP_1_1
        || !isChunked(headers.valueAt(coding))
        || headers.find(HttpHeaderNames.TRANSFER_ENCODING, coding + 1) >= 0) {
      fault(Fault.MALFORMED);
      return null;
    }
    return chunked(headers, length);
  }
}
