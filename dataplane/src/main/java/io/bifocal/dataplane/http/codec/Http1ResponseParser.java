package io.bifocal.dataplane.http.codec;

import io.bifocal.dataplane.pool.HeaderKeyFormat.PreserveCase;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds answers; must be told what was asked for. */
final class Http1ResponseParser extends Http1Parser {
  private static final int STATUS_DIGITS = 3;
  private static final int VERSION = "HTTP/1.1".length();
  private static final int STATUS = VERSION + 1;

  private final boolean keepsReason;
  private boolean toHead;
  // The request's, while its answer is waited for.
  private @Nullable RequestHead upgrading;
  private RequestLine.Version version = RequestLine.Version.HTTP_1_1;
  private int status;
  private String reason = "";

  Http1ResponseParser(Receiver receiver, Http1Options options) {
    super(receiver, options);
    this.keepsReason = options.keyFormat() instanceof PreserveCase format && format.reasonPhrase();
  }

  /** Answers to this request are to come. */
  void asked(RequestHead request) {
    toHead = "HEAD".equals(request.method);
    upgrading = request.upgrade == null ? null : request;
  }

  /** Whether another protocol is asked for. */
  boolean isUpgrading() {
    return upgrading != null;
  }

  /** Of the answer whose head has come. */
  int status() {
    return status;
  }

  /** The words beside the status, where they matter. */
  String reason() {
    return reason;
  }

  /** Of the answer whose head has come. */
  RequestLine.Version version() {
    return version;
  }

  // RFC 9112, section 4: the reason, and even the blank before it, may be missing.
  @Override
  public boolean startLine(byte[] bytes, int start, int end) {
    int statusEnd = start + STATUS + STATUS_DIGITS;
    if (end < statusEnd
        || bytes[start + VERSION] != ' '
        || (end > statusEnd && bytes[statusEnd] != ' ')) {
      return false;
    }
    RequestLine.Version found = RequestLine.Version.of(bytes, start, start + VERSION);
    if (found == null) {
      return false;
    }
    version = found;
    status = 0;
    for (int i = start + STATUS; i < statusEnd; i++) {
      if (!RequestLine.isDigit(bytes[i])) {
        return false;
      }
      status = status * 10 + (bytes[i] - '0');
    }
    for (int i = statusEnd; i < end; i++) {
      if (!FieldValue.isText(bytes[i])) {
        return false;
      }
    }
    if (keepsReason) {
      reason = new String(bytes, statusEnd, end - statusEnd, StandardCharsets.ISO_8859_1).strip();
    }
    return true;
  }

  @Override
  public boolean allowsBlanks() {
    return true;
  }

  @Override
  @Nullable Body frame(HeaderList headers, long length, boolean coded) {
    RequestHead request = upgrading;
    if (request != null && request.upgradedBy(status)) {
      dropChunked(headers, coded);
      return Body.TUNNEL;
    }
    if (toHead || status < 200 || status == 204 || status == 304) {
      dropChunked(headers, coded);
      return Body.NONE;
    }
    if (coded) {
      return coded(headers, length);
    }
    return length < 0 ? Body.UNTIL_CLOSE : length == 0 ? Body.NONE : Body.LENGTH;
  }

  private @Nullable Body coded(HeaderList headers, long length) {
    if (version != RequestLine.Version.HTTP_1_1) {
      fault(Fault.MALFORMED);
      return null;
    }
    List<String> codings = headers.getAll(HttpHeaderNames.TRANSFER_ENCODING);
    if (codings.size() == 1 && isChunked(codings.get(0))) {
      return chunked(headers, length);
    }
    String[] all = String.join(",", codings).split(",");
    int chunked = 0;
    for (String coding : all) {
      chunked += isChunked(coding.strip()) ? 1 : 0;
    }
    if (chunked == 0 && length < 0) {
      return Body.UNTIL_CLOSE;
    }
    if (chunked != 1 || !isChunked(all[all.length - 1].strip())) {
      fault(Fault.MALFORMED);
      return null;
    }
    return chunked(headers, length);
  }

  // What says how a body would be framed that does not come.
  private static void dropChunked(HeaderList headers, boolean coded) {
    CharSequence coding = coded ? headers.first(HttpHeaderNames.TRANSFER_ENCODING) : null;
    if (coding != null && isChunked(coding)) {
      headers.remove(HttpHeaderNames.TRANSFER_ENCODING);
    }
  }
}
