package io.bifocal.dataplane.http.codec;

/**
 * How large a message's head may be.
 *
 * @param maxHeaderBytes {@code max_request_headers_kb}, 60 KiB unless configured
 * @param maxHeaders {@code max_headers_count}, 100 unless configured
 */
public record Http1Limits(int maxHeaderBytes, int maxHeaders) {
  public static final Http1Limits DEFAULT = new Http1Limits(60 * 1024, 100);
}
