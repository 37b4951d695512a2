package io.bifocal.dataplane.stream;

/**
 * The bytes of one exchange of HTTP as a connection carries them. To be asked on the connection's
 * loop, while the exchange lasts. Source: Envoy's {@code BytesMeter}.
 */
public interface WireBytes {
  /** Nothing at all. */
  WireBytes NONE = new WireBytes() {};

  /** All that came in. */
  default long received() {
    return 0;
  }

  /** All that went out. */
  default long sent() {
    return 0;
  }

  /** Of that, fields before and behind bodies, with what stands between names and values. */
  default long headersReceived() {
    return 0;
  }

  /** The same of what went out. */
  default long headersSent() {
    return 0;
  }

  /** Fields that came in as they are when they are not compressed. */
  default long decompressedHeadersReceived() {
    return headersReceived();
  }

  /** The same of what went out. */
  default long decompressedHeadersSent() {
    return headersSent();
  }
}
