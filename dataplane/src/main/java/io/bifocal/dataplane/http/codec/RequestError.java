package io.bifocal.dataplane.http.codec;

import io.bifocal.dataplane.stream.ResponseFlag;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
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
  static @Nullable RequestError in(HttpRequest request, Http1Options options) {
    String coding = request.headers().get(HttpHeaderNames.TRANSFER_ENCODING);
    if (coding != null && !HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(coding)) {
      return request.headers().contains(HttpHeaderNames.CONTENT_LENGTH)
          ? BOTH_LENGTHS
          : UNKNOWN_CODING;
    }
    if (request.decoderResult().isFailure()) {
      return of(request.decoderResult().cause());
    }
    boolean version =
        request.protocolVersion().equals(HttpVersion.HTTP_1_1)
            || (options.http10() && request.protocolVersion().equals(HttpVersion.HTTP_1_0));
    if (!version) {
      return OTHER_VERSION;
    }
    if (!Methods.isKnown(request.method().name())) {
      return BAD_REQUEST;
    }
    if (request.method().equals(HttpMethod.CONNECT) && (coding != null || hasLength(request))) {
      return coding == null ? CONNECT_WITH_LENGTH : UNKNOWN_CODING;
    }
    if (!ConnectionOptions.areHarmless(request.headers())) {
      return NOMINATED;
    }
    return request.headers().size() > options.limits().maxHeaders() ? TOO_MANY_HEADERS : null;
  }

  private static boolean hasLength(HttpRequest request) {
    String length = request.headers().get(HttpHeaderNames.CONTENT_LENGTH);
    return length != null && !length.equals("0");
  }

  private static RequestError of(Throwable cause) {
    if (cause instanceof TooLongHttpHeaderException || cause instanceof TooLongHttpLineException) {
      return HEADERS_TOO_LARGE;
    }
    return cause instanceof Http1Decoders.BothLengths ? BOTH_LENGTHS : BAD_REQUEST;
  }
}
