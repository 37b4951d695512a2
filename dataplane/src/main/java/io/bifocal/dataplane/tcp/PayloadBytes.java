package io.bifocal.dataplane.tcp;

import io.bifocal.dataplane.stream.StreamInfo;
import io.bifocal.dataplane.stream.WireBytes;

/** A client's connection, on which there is nothing but payload. */
record PayloadBytes(StreamInfo info) implements WireBytes {
  @Override
  public long received() {
    return info.bytesReceived;
  }

  @Override
  public long sent() {
    return info.bytesSent;
  }
}
