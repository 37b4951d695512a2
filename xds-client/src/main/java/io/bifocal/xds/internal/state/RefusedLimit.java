package io.bifocal.xds.internal.state;

import com.google.protobuf.Message;
import io.bifocal.xds.TransportObserver;

/**
 * How many refused configurations a client keeps to show, and how large they may be together: a
 * server could send any number of them. A thousand, and 16 MiB. On the loop.
 */
public final class RefusedLimit {
  static final int MAX_COUNT = 1000;
  static final long MAX_BYTES = 16L << 20;

  private final TransportObserver observer;
  private int count;
  private long bytes;

  /**
   * Nothing is kept yet.
   *
   * @param observer counts what is not kept
   */
  public RefusedLimit(TransportObserver observer) {
    this.observer = observer;
  }

  /** Whether this one may be kept; if so it is to be released some day. */
  boolean keep(String typeUrl, String resource, Message configuration) {
    int size = configuration.getSerializedSize();
    if (count >= MAX_COUNT || bytes + size > MAX_BYTES) {
      observer.onRefusedNotKept(typeUrl, resource);
      return false;
    }
    count++;
    bytes += size;
    return true;
  }

  /** It is kept no longer. */
  void release(Message configuration) {
    count--;
    bytes -= configuration.getSerializedSize();
  }
}
