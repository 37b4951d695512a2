package io.bifocal.dataplane.http.codec;

import io.bifocal.dataplane.stream.ResponseFlag;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.util.AsciiString;
import org.jspecify.annotations.Nullable;

/**
 * What came cannot be read as a request.
 *
 * @param reason the answer's body
 * @param details {@code %RESPONSE_CODE_DETAILS%}
 * @param flag what went wrong; null for nothing of which there is a flag
 */
public record RequestError(int status, String reason, String details, @Nullable ResponseFlag flag) {
  static final RequestError BAD_REQUEST = bad("http1.codec_error");
  static final RequestError INVALID_CHARACTERS = bad("http1.invalid_characters");
  static final RequestError INVALID_URL = bad("http1.invalid_url");
  static final RequestError INVALID_SCHEME = bad("http1.invalid_scheme");
  static final RequestError INVALID_AUTHORITY = bad("http.invalid_authority");
  static final RequestError BOTH_LENGTHS = bad("http1.content_length_and_chunked_not_allowed");
  static final RequestError HEADERS_TOO_LARGE = large("http1.headers_too_large");
  static final RequestError TOO_MANY_HEADERS = large("http1.too_many_headers");
  static final RequestError UNKNOWN_CODING =
      new RequestError(501, "Not Implemented", "http1.invalid_transfer_encoding");
  static final RequestError CONNECT_WITH_LENGTH = bad("http1.body_disallowed");
  static final RequestError NOMINATED = bad("http1.connection_header_rejected");
  static final RequestError OTHER_VERSION =
      new RequestError(426, "Upgrade Required", "low_version");

  public RequestError(int status, String reason, String details) {
    this(status, reason, details, ResponseFlag.DOWNSTREAM_PROTOCOL_ERROR);
  }

  private static RequestError bad(String details) {
    return new RequestError(400, "Bad Request", details);
  }

  private static RequestError large(String details) {
    return new RequestError(431, "Request Header Fields Too Large", details);
  }

  /** What is wrong with the head of a request; null for nothing. */
  static @Nullable RequestError in(RequestLine line, HeaderList headers, Http1Options options) {
    boolean version =
        line.version() == RequestLine.Version.HTTP_1_1
            || (options.http10() && line.version() == RequestLine.Version.HTTP_1_0);
    if (!version) {
      return OTHER_VERSION;
    }
    if (!Methods.isKnown(line.method())) {
      return BAD_REQUEST;
    }
    if (line.method().equals("CONNECT")) {
      if (headers.contains(HttpHeaderNames.TRANSFER_ENCODING)) {
        return UNKNOWN_CODING;
      }
      CharSequence length = headers.first(HttpHeaderNames.CONTENT_LENGTH);
      if (length != null && !AsciiString.contentEquals(length, "0")) {
        return CONNECT_WITH_LENGTH;
      }
    }
    if (!ConnectionOptions.areHarmless(headers)) {
      return NOMINATED;
    }
    return headers.size() > options.limits().maxHeaders() ? TOO_MANY_HEADERS : null;
  }

  /**
   * What a fault in the head of a request is told as.
   *
   * @param headers what there was of them
   */
  static RequestError of(Http1Parser.Fault fault, HeaderList headers) {
    CharSequence coding = headers.first(HttpHeaderNames.TRANSFER_ENCODING);
    if (coding != null && !Http1Parser.isChunked(coding)) {
      return headers.contains(HttpHeaderNames.CONTENT_LENGTH) ? BOTH_LENGTHS : UNKNOWN_CODING;
    }
    return switch (fault) {
      case MALFORMED -> BAD_REQUEST;
      case TOO_LARGE -> HEADERS_TOO_LARGE;
      case BOTH_LENGTHS -> BOTH_LENGTHS;
    };
  }
}
