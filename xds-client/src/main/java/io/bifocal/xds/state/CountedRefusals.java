package io.bifocal.xds.state;

import com.google.protobuf.Message;
import io.bifocal.xds.TransportObserver;

/** Counts and adds up what is kept. */
final class CountedRefusals implements RefusedLimit {
  static final int MAX_COUNT = 1000;
  static final long MAX_BYTES = 16L << 20;

  private final TransportObserver observer;
  private int count;
  private long bytes;

  CountedRefusals(TransportObserver observer) {
    this.observer = observer;
  }

  @Override
  public boolean keep(String typeUrl, String resource, Message configuration) {
    int size = configuration.getSerializedSize();
    if (count >= MAX_COUNT || bytes + size > MAX_BYTES) {
      observer.onRefusedNotKept(typeUrl, resource);
      return false;
    }
    count++;
    bytes += size;
    return true;
  }

  @Override
  public void release(Message configuration) {
    count--;
    bytes -= configuration.getSerializedSize();
  }
}
