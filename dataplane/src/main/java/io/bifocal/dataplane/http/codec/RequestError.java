package io.bifocal.dataplane.http.codec;

/**
 * What came cannot be read as a request.
 *
 * @param reason the answer's body
 * @param details {@code %RESPONSE_CODE_DETAILS%}
 */
public record RequestError(int status, String reason, String details) {
  static final RequestError BAD_REQUEST = bad("http1.codec_error");
  static final RequestError BOTH_LENGTHS = bad("http1.content_length_and_chunked_not_allowed");
  static final RequestError HEADERS_TOO_LARGE = large("http1.headers_too_large");
  static final RequestError TOO_MANY_HEADERS = large("http1.too_many_headers");
  static final RequestError UNKNOWN_CODING =
      new RequestError(501, "Not Implemented", "http1.invalid_transfer_encoding");
  static final RequestError OTHER_VERSION =
      new RequestError(426, "Upgrade Required", "low_version");

  private static RequestError bad(String details) {
    return new RequestError(400, "Bad Request", details);
  }

  private static RequestError large(String details) {
    return new RequestError(431, "Request Header Fields Too Large", details);
  }
}
