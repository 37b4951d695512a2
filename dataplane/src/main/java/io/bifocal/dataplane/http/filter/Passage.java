package io.bifocal.dataplane.http.filter;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/**
 * One message's way through one filter, in one direction: what the filter stopped waits here, head
 * before body.
 */
abstract class Passage {
  private @Nullable Held held;
  private boolean stopped;
  private boolean stoppedAll;
  private boolean headPassed;
  private boolean headEnd;
  private @Nullable HttpHeaders heldTrailers;

  /** Asks the filter. */
  abstract HeadStatus filterHead(boolean end);

  abstract DataStatus filterData(ByteBuf data, boolean end);

  abstract TrailersStatus filterTrailers(HttpHeaders trailers);

  /** To the next filter, or the end behind the last one. */
  abstract void passHead(boolean end);

  abstract void passData(ByteBuf data, boolean end);

  abstract void passTrailers(HttpHeaders trailers);

  /** Whether the message goes no further, whatever the filter says. */
  abstract boolean over();

  /** More waits than should: pauses whoever sends, or ends the message. */
  abstract void onHeld(long bytes, boolean unseen);

  /** Nothing waits any more. */
  abstract void onReleased();

  final void head(boolean end) {
    headEnd = end;
    HeadStatus status = filterHead(end);
    if (over()) {
      return;
    }
    if (status == HeadStatus.CONTINUE) {
      headPassed = true;
      passHead(end);
    } else {
      stopped = true;
      stoppedAll = status == HeadStatus.STOP_ALL;
    }
  }

  final void data(ByteBuf data, boolean end) {
    if (over()) {
      data.release();
      return;
    }
    if (stoppedAll) {
      hold(data, end);
      return;
    }
    DataStatus status = filterData(data, end);
    if (status == DataStatus.TAKEN) {
      if (end && !over()) {
        stopped = true; // the end itself waits
        hold(Unpooled.EMPTY_BUFFER, true);
      }
      return;
    }
    if (over()) {
      data.release();
    } else if (status == DataStatus.STOP_AND_BUFFER) {
      stopped = true;
      hold(data, end);
    } else {
      stopped = false;
      release();
      if (over()) {
        data.release();
      } else {
        passData(data, end);
      }
    }
  }

  final void trailers(HttpHeaders trailers) {
    if (over()) {
      return;
    }
    if (stoppedAll) {
      heldTrailers = trailers;
      return;
    }
    TrailersStatus status = filterTrailers(trailers);
    if (over()) {
      return;
    }
    if (status == TrailersStatus.STOP) {
      stopped = true;
      heldTrailers = trailers;
      return;
    }
    stopped = false;
    release();
    if (!over()) {
      passTrailers(trailers);
    }
  }

  /** A part that the filter made, or took before; goes ahead of what waits here. */
  final void inject(ByteBuf data) {
    if (over()) {
      data.release();
      return;
    }
    passHeadOnce();
    if (over()) {
      data.release();
    } else {
      passData(data, false);
    }
  }

  private void hold(ByteBuf data, boolean end) {
    Held all = held;
    if (all == null) {
      all = new Held();
      held = all;
    }
    all.add(data, end);
    onHeld(all.bytes(), stoppedAll);
  }

  /** The filter lets go on what it stopped; whether there was something. */
  final boolean proceed() {
    if (!stopped || over()) {
      return false;
    }
    boolean unseen = stoppedAll;
    stopped = false;
    stoppedAll = false;
    Held waiting = held;
    HttpHeaders trailers = heldTrailers;
    heldTrailers = null;
    if (unseen) {
      passHeadOnce();
      if (waiting != null) {
        held = null;
        onReleased();
        waiting.drainTo(this::data);
      }
      if (trailers != null) {
        trailers(trailers);
      }
    } else {
      release();
      if (trailers != null && !over()) {
        passTrailers(trailers);
      }
    }
    return true;
  }

  // The head, if it has waited too, and what waits of the body.
  private void release() {
    passHeadOnce();
    Held waiting = held;
    if (waiting != null && !over()) {
      held = null;
      onReleased();
      waiting.drainTo(this::passUnlessOver);
    }
  }

  private void passHeadOnce() {
    if (!headPassed) {
      headPassed = true;
      passHead(headEnd);
    }
  }

  private void passUnlessOver(ByteBuf data, boolean end) {
    if (over()) {
      data.release();
    } else {
      passData(data, end);
    }
  }

  final void discard() {
    if (held != null) {
      held.release();
      held = null;
    }
  }
}
