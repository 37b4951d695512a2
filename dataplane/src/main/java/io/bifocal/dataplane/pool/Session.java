package io.bifocal.dataplane.pool;

import io.bifocal.xds.time.Loop;
import io.netty.channel.Channel;
import java.time.Duration;

/**
 * What makes a connection carry many uses at once, as its pool sees it: the pool knows how many
 * there may be, and those who talk on the channel know the rest. Confined to the worker's loop.
 */
public interface Session {
  /** How many uses there may be at once, as far as the peer has said. */
  int limit();

  /** How many more can begin now; none once the peer goes away. */
  int room();

  /** What a pool must hear. */
  interface Listener {
    /** There may be more room than there was, or less. */
    void onRoom();

    /** Nothing new begins here: what is under way may end. */
    void onGoingAway();

    /** What the peer says is not what was expected; the connection is closed. */
    void onProtocolError();

    /** The connection's smoothed round trip, where it is known. */
    default void onRoundTrip(Duration smoothed) {}
  }

  /** Starts sessions. */
  @FunctionalInterface
  interface Factory {
    /** For pools that never share a connection. */
    Factory NONE =
        (channel, loop, options, limit, stats, listener) -> {
          throw new IllegalStateException("connections are not shared here");
        };

    /**
     * Starts one on a channel that has just been connected.
     *
     * @param limit how many uses there may be until the peer says how many
     */
    Session start(
        Channel channel,
        Loop loop,
        Http2Options options,
        int limit,
        UpstreamStats stats,
        Listener listener);
  }
}
