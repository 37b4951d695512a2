package io.bifocal.xds.internal.state;

import io.bifocal.xds.Hold;
import io.bifocal.xds.time.Loop;

/** Who holds the requests of a type. */
final class Holds {
  private final Loop loop;
  private final Runnable freed;
  private int open;

  /**
   * Nobody yet.
   *
   * @param freed runs whenever the last one lets go
   */
  Holds(Loop loop, Runnable freed) {
    this.loop = loop;
    this.freed = freed;
  }

  boolean any() {
    return open > 0;
  }

  Hold take() {
    loop.assertInLoop();
    open++;
    return new Hold() {
      private boolean held = true;

      @Override
      public void close() {
        loop.assertInLoop();
        if (held) {
          held = false;
          release();
        }
      }
    };
  }

  private void release() {
    if (--open == 0) {
      freed.run();
    }
  }
}
