package io.bifocal.dataplane.transport.quic;

import io.bifocal.dataplane.transport.QuicOptions.KeepAlive;
import io.bifocal.xds.time.Loop;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.util.AttributeKey;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Finds out a peer that has died, or to whom there is no way any more. Whatever is sent that must
 * be acknowledged asks it; any datagram of its shows that it lives. While somebody waits for an
 * answer it is asked again from time to time. Confined to the connection's loop.
 *
 * <p>Source: {@code envoy.config.core.v3.QuicKeepAliveSettings}.
 */
public final class PeerWatch {
  private static final AttributeKey<PeerWatch> KEY = AttributeKey.valueOf(PeerWatch.class, "watch");

  /** How long the loop looks away from a peer that was asked. */
  static final Duration BEAT = Duration.ofSeconds(1);

  /** Beats, not seconds: a loop that stood still has not listened either. */
  static final int MOST_SILENT_BEATS = 5;

  /** A datagram came back, which says much but not all. */
  private static final int SILENT_BEATS_OF_REFUSED = MOST_SILENT_BEATS - 2;

  /** The connection that is watched. */
  public interface Line {
    /** Whether anybody waits for something of the peer's. */
    boolean isWaiting();

    /** Sends something that the peer must acknowledge. */
    void ping();

    /** The peer has acknowledged nothing of what it was asked. */
    void onSilence();
  }

  private final KeepAlive keepAlive;
  private @Nullable Loop loop;
  private @Nullable Line line;
  private Loop.@Nullable Timer next;
  private boolean beating;
  private Duration interval;
  private boolean asked;
  private int silentBeats;
  private boolean heard;

  PeerWatch(KeepAlive keepAlive) {
    this.keepAlive = keepAlive;
    this.interval = keepAlive.first();
  }

  void on(QuicChannel connection) {
    connection.attr(KEY).set(this);
  }

  /** That of a connection made here; null of others. */
  public static @Nullable PeerWatch of(QuicChannel connection) {
    return connection.attr(KEY).get();
  }

  /** The connection is up. */
  public void start(Loop on, Line of) {
    loop = on;
    line = of;
  }

  /** Something was sent that the peer must acknowledge, by somebody who will wait. */
  public void asked() {
    interval = keepAlive.first();
    ask();
  }

  private void ask() {
    if (!asked) {
      asked = true;
      silentBeats = 0;
    }
    if (next == null || !beating) {
      schedule();
    }
  }

  /** A datagram has come. */
  void heard() {
    asked = false;
    heard = true;
  }

  /** What was sent last found nobody at the peer's address. */
  void refused() {
    Line watched = line;
    if (watched != null) {
      if (!asked) {
        watched.ping();
        ask();
      }
      silentBeats = Math.max(silentBeats, SILENT_BEATS_OF_REFUSED);
    }
  }

  private void schedule() {
    Loop on = loop;
    if (on == null) {
      return;
    }
    if (next != null) {
      next.cancel();
    }
    beating = asked;
    Duration delay = asked ? BEAT : interval;
    next = delay.isZero() ? null : on.schedule(delay, this::onTimer);
  }

  private void onTimer() {
    next = null;
    Line watched = line;
    if (watched == null) {
      return;
    }
    if (asked) {
      silentBeats++;
      if (silentBeats >= MOST_SILENT_BEATS) {
        stop();
        watched.onSilence();
        return;
      }
    } else if (!watched.isWaiting()) {
      return;
    } else if (!heard) {
      interval = keepAlive.after(interval);
      watched.ping();
      ask();
    }
    heard = false;
    if (next == null) {
      schedule();
    }
  }

  /** The connection is closed. */
  public void stop() {
    if (next != null) {
      next.cancel();
      next = null;
    }
    line = null;
    loop = null;
  }
}
