package io.bifocal.dataplane.http.codec;

import io.bifocal.dataplane.stream.WireBytes;
import java.util.function.IntUnaryOperator;

/**
 * What a stream of HTTP/2 or HTTP/3 counts of its bytes. How far headers were compressed the
 * library does not tell: they count as if they were not, in a frame of their own.
 */
class StreamBytes implements WireBytes {
  private static final int HTTP2_HEAD = 9;
  private static final int HTTP2_FRAME = 16 * 1024;

  private final IntUnaryOperator around;
  private long received;
  private long sent;
  private long headersReceived;
  private long headersSent;
  private long fieldsReceived;
  private long fieldsSent;

  /**
   * Nothing yet.
   *
   * @param around how much so many bytes have around them
   */
  StreamBytes(IntUnaryOperator around) {
    this.around = around;
  }

  /** Heads of frames, as few as it needs (RFC 9113, section 4.1). */
  static int aroundHttp2(int bytes) {
    return HTTP2_HEAD * Math.max(1, (bytes + HTTP2_FRAME - 1) / HTTP2_FRAME);
  }

  /** A frame's type and its length (RFC 9114, section 7.1, and RFC 9000, section 16). */
  static int aroundHttp3(int bytes) {
    return bytes < 1 << 6 ? 2 : bytes < 1 << 14 ? 3 : 5;
  }

  /** A block of fields has come. */
  final void fieldsCame(int bytes) {
    int all = bytes + around.applyAsInt(bytes);
    fieldsReceived += bytes;
    headersReceived += all;
    received += all;
  }

  /** A block of fields goes out. */
  final void fieldsGo(int bytes) {
    int all = bytes + around.applyAsInt(bytes);
    fieldsSent += bytes;
    headersSent += all;
    sent += all;
  }

  /** A frame with a part of a body has come. */
  final void dataCame(int bytes) {
    received += bytes + around.applyAsInt(bytes);
  }

  /** A part of a body goes out. */
  final void dataGoes(int bytes) {
    sent += bytes + around.applyAsInt(bytes);
  }

  @Override
  public final long received() {
    return received;
  }

  @Override
  public final long sent() {
    return sent;
  }

  @Override
  public final long headersReceived() {
    return headersReceived;
  }

  @Override
  public final long headersSent() {
    return headersSent;
  }

  @Override
  public final long decompressedHeadersReceived() {
    return fieldsReceived;
  }

  @Override
  public final long decompressedHeadersSent() {
    return fieldsSent;
  }
}
