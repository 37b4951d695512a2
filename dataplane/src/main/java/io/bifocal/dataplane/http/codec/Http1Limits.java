package io.bifocal.dataplane.http.codec;

import io.netty.handler.codec.http.HttpHeaders;
import java.util.Iterator;
import java.util.Map;

/**
 * How large a message's head may be.
 *
 * @param maxHeaderBytes {@code max_request_headers_kb}, 60 KiB unless configured
 * @param maxHeaders {@code max_headers_count}, 100 unless configured
 */
public record Http1Limits(int maxHeaderBytes, int maxHeaders) {
  public static final Http1Limits DEFAULT = new Http1Limits(60 * 1024, 100);

  /** Whether a head that has been read is within them. */
  boolean admit(HttpHeaders headers) {
    return headers.size() <= maxHeaders && admitSize(headers);
  }

  /** Whether it is not too long at least, however many fields it has. */
  boolean admitSize(HttpHeaders headers) {
    long bytes = 0;
    Iterator<Map.Entry<CharSequence, CharSequence>> all = headers.iteratorCharSequence();
    while (all.hasNext()) {
      Map.Entry<CharSequence, CharSequence> header = all.next();
      bytes += header.getKey().length() + header.getValue().length();
    }
    return bytes <= maxHeaderBytes;
  }
}
