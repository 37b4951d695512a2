package io.bifocal.dataplane.http.codec;

import io.bifocal.dataplane.pool.HeaderKeyFormat.PreserveCase;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpHeadersFactory;
import io.netty.util.AsciiString;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A message's headers, which know how their names were written when they came. All who look at them
 * see them in lower case.
 */
final class CasedHeaders extends DefaultHttpHeaders {
  private final PreserveCase format;
  private final Map<AsciiString, AsciiString> written;
  private @Nullable String reason;

  private CasedHeaders(PreserveCase format, Map<AsciiString, AsciiString> written) {
    this.format = format;
    this.written = written;
  }

  /** Those of a message, if they are such. */
  static @Nullable CasedHeaders of(HttpHeaders headers) {
    return headers instanceof CasedHeaders cased ? cased : null;
  }

  /** How a name was written; null when it did not come. The first of several counts. */
  @Nullable AsciiString written(CharSequence name) {
    return written.get(AsciiString.of(name));
  }

  /** Whether those that did not come begin their words with capitals. */
  boolean properCaseOfOthers() {
    return format.properCaseOfOthers();
  }

  /** The words that came with an answer's status, if they go on. */
  @Nullable String reason() {
    return reason;
  }

  void cameWith(String words) {
    if (format.reasonPhrase() && !words.isEmpty()) {
      reason = words;
    }
  }

  @Override
  public HttpHeaders copy() {
    CasedHeaders copy = new CasedHeaders(format, new HashMap<>(written));
    copy.reason = reason;
    return copy.set(this);
  }

  /** Makes the headers of one message after the other, as a parser reads them. */
  static final class Factory implements HttpHeadersFactory {
    private final PreserveCase format;
    private CasedHeaders current;

    Factory(PreserveCase format) {
      this.format = format;
      this.current = new CasedHeaders(format, new HashMap<>());
    }

    @Override
    public HttpHeaders newHeaders() {
      current = new CasedHeaders(format, new HashMap<>());
      return current;
    }

    @Override
    public HttpHeaders newEmptyHeaders() {
      return newHeaders();
    }

    /** A name has been read. */
    void read(AsciiString name, byte[] line, int start, int length) {
      current.written.putIfAbsent(name, new AsciiString(line, start, length, true));
    }
  }
}
