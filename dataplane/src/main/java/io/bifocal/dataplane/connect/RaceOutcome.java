package io.bifocal.dataplane.connect;

import io.bifocal.dataplane.host.Address;
import io.netty.channel.Channel;
import java.util.List;

/** How a race ended. */
public sealed interface RaceOutcome {
  /** All that is to be told of it. */
  RaceReport race();

  /** What happened to each attempt, in order of time. */
  default List<AttemptEvent> attempts() {
    return race().attempts();
  }

  /**
   * One attempt won; the others' sockets are closed already.
   *
   * @param channel connected, its transport socket ready, {@code autoRead} off
   * @param address whom it is connected to
   */
  record Won(Channel channel, Address address, RaceReport race) implements RaceOutcome {}

  /**
   * None did.
   *
   * @param failure the last attempt's, or that of the connect timeout
   */
  record Failed(ConnectFailure failure, RaceReport race) implements RaceOutcome {}

  /** Who wants to know; called on the loop. */
  @FunctionalInterface
  interface Receiver {
    /** Called once, unless the race is cancelled. */
    void onOutcome(RaceOutcome outcome);

    /** Called for every event, as it happens. */
    default void onEvent(AttemptEvent event) {}
  }
}
