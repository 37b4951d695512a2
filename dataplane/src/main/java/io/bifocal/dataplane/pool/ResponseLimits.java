package io.bifocal.dataplane.pool;

/**
 * How large an answer's head may be.
 *
 * @param maxHeaderBytes {@code max_response_headers_kb}
 * @param maxHeaders {@code max_headers_count}
 */
public record ResponseLimits(int maxHeaderBytes, int maxHeaders) {
  /** Envoy's for HTTP/1. */
  public static final ResponseLimits HTTP_1 = new ResponseLimits(80 * 1024, 100);

  /** Envoy's for HTTP/2. */
  public static final ResponseLimits HTTP_2 = new ResponseLimits(60 * 1024, 100);
}
