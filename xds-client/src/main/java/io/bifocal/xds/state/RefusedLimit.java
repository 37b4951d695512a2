package io.bifocal.xds.state;

import com.google.protobuf.Message;
import io.bifocal.xds.TransportObserver;

/**
 * How many refused configurations a client keeps to show, and how large they may be together: a
 * server could send any number of them. On the loop.
 */
public interface RefusedLimit {
  /**
   * A thousand, and 16 MiB.
   *
   * @param observer counts what is not kept
   */
  static RefusedLimit counting(TransportObserver observer) {
    return new CountedRefusals(observer);
  }

  /** Whether this one may be kept; if so it is to be released some day. */
  boolean keep(String typeUrl, String resource, Message configuration);

  /** It is kept no longer. */
  void release(Message configuration);
}
