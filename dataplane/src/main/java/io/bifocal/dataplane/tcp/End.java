package io.bifocal.dataplane.tcp;

import io.netty.buffer.ByteBuf;

/** One end of a joined pair, as the other one uses it. Confined to the worker's loop. */
interface End {
  /** Takes bytes for its peer, and owns them. */
  void write(ByteBuf bytes);

  /** What was written goes out. */
  void flush();

  /** Whether there is room for more. */
  boolean isWritable();

  /** Stops, or goes on, reading from its peer. */
  void read(boolean on);

  /**
   * Its peer is told that no more comes, once it has all.
   *
   * @param then runs when it was told, or cannot be
   */
  void endOutput(Runnable then);
}
