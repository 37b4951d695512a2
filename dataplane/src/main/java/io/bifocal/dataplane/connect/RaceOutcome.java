package io.bifocal.dataplane.connect;

import io.bifocal.dataplane.host.Address;
import io.netty.channel.Channel;
import java.util.List;

/** How a race ended. */
public sealed interface RaceOutcome {
  /** What happened to each attempt, in order of time. */
  List<AttemptEvent> attempts();

  /**
   * One attempt won; the others' sockets are closed already.
   *
   * @param channel connected, its transport socket ready, {@code autoRead} off
   * @param address whom it is connected to
   */
  record Won(Channel channel, Address address, List<AttemptEvent> attempts)
      implements RaceOutcome {}

  /**
   * None did.
   *
   * @param failure the last attempt's, or that of the connect timeout
   */
  record Failed(ConnectFailure failure, List<AttemptEvent> attempts) implements RaceOutcome {}

  /** Who wants to know; called on the loop. */
  @FunctionalInterface
  interface Receiver {
    /** Called once, unless the race is cancelled. */
    void onOutcome(RaceOutcome outcome);

    /** Called for every event, as it happens. */
    default void onEvent(AttemptEvent event) {}
  }
}
