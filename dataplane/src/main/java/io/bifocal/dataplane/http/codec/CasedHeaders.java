package io.bifocal.dataplane.http.codec;

import io.bifocal.dataplane.pool.HeaderKeyFormat.PreserveCase;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A message's headers, which know how their names were written when they came. All who look at them
 * see them in lower case.
 */
final class CasedHeaders extends HeaderList {
  private final PreserveCase format;
  private final Map<AsciiString, AsciiString> written;
  private @Nullable String reason;

  CasedHeaders(PreserveCase format, int capacity) {
    super(capacity);
    this.format = format;
    this.written = new HashMap<>();
  }

  private CasedHeaders(CasedHeaders of) {
    super(of);
    format = of.format;
    written = new HashMap<>(of.written);
    reason = of.reason;
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

  /** A name has been read that was written so. */
  void read(AsciiString name, AsciiString as) {
    written.putIfAbsent(name, as);
  }

  @Override
  public HttpHeaders copy() {
    return new CasedHeaders(this);
  }
}
