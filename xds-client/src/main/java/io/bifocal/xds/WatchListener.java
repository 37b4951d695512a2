package io.bifocal.xds;

import com.google.protobuf.Message;

/** Hears of what a {@link Watch} watches, on the client's loop or the executor given with it. */
@FunctionalInterface
public interface WatchListener<T extends Message> {

  /**
   * A new or changed resource. Rejecting it tells the server why (NACK), unless it is the replay of
   * something that has been answered; either way this watch keeps the value it had.
   */
  Verdict onResource(Resource<T> resource);

  /** The server says that there is no such resource (any more), or its time to live is over. */
  default void onRemoved(String name) {}

  /** Something is wrong; values stay in force. */
  default void onError(XdsError error) {}
}
