package io.bifocal.dataplane.http.codec;

import io.bifocal.dataplane.stream.WireBytes;

/** What a connection of HTTP/1 counts of the bytes of its present exchange. */
final class Http1Bytes implements WireBytes {
  private final Http1Parser parser;
  private final Http1Writer writer;

  Http1Bytes(Http1Parser parser, Http1Writer writer) {
    this.parser = parser;
    this.writer = writer;
  }

  /** An exchange begins. */
  void begin() {
    parser.count();
    writer.count();
  }

  @Override
  public long received() {
    return parser.bytesRead();
  }

  @Override
  public long sent() {
    return writer.bytesWritten();
  }

  @Override
  public long headersReceived() {
    return parser.fieldBytesRead();
  }

  @Override
  public long headersSent() {
    return writer.fieldBytesWritten();
  }

  @Override
  public long decompressedHeadersReceived() {
    return parser.headBytesRead();
  }
}
