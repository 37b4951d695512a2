package io.bifocal.dataplane.http.codec;

/**
 * A request that cannot be read.
 *
 * @param details {@code %RESPONSE_CODE_DETAILS%}
 */
public record RequestError(int status, String details) {
  static final RequestError BAD_REQUEST = new RequestError(400, "http1.codec_error");
  static final RequestError HEADERS_TOO_LARGE = new RequestError(431, "http1.headers_too_large");
  static final RequestError URI_TOO_LONG = new RequestError(431, "http1.uri_too_long");
  static final RequestError TOO_MANY_HEADERS = new RequestError(431, "http1.too_many_headers");
  static final RequestError UNKNOWN_CODING =
      new RequestError(501, "http1.invalid_transfer_encoding");
  static final RequestError OLD_VERSION = new RequestError(426, "low_version");
  static final RequestError NO_HOST = new RequestError(400, "missing_host_header");
}
