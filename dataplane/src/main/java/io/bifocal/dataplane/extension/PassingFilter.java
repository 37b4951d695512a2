package io.bifocal.dataplane.extension;

import io.bifocal.dataplane.worker.Worker;
import io.netty.channel.Channel;

/**
 * A network filter that another comes after: it looks at a connection, or watches over it, and lets
 * it pass, holds it for a while, or closes it.
 */
public interface PassingFilter extends NetworkFilter {
  /**
   * Takes a connection, on {@code worker}'s loop with {@code autoRead} off.
   *
   * @param next the filters that follow; to be run at most once, on this loop, within this call or
   *     later. Whoever reads from the channel before must add a handler, and fire what it read once
   *     {@code next} has run
   */
  void onConnection(
      Channel downstream, Worker worker, DownstreamConnection connection, Runnable next);

  /** Not to be called: something always follows. */
  @Override
  default void onConnection(Channel downstream, Worker worker, DownstreamConnection connection) {
    throw new IllegalStateException("a filter that passes connections on is not the last one");
  }
}
