package io.bifocal.dataplane.connect;

import io.bifocal.dataplane.host.Address;
import java.time.Duration;

/** How long each attempt of a race has the field to itself. */
@FunctionalInterface
interface Pacing {
  /**
   * The delay between the start of an attempt and that of the next.
   *
   * @param attempt its number in the race, from 0
   */
  Duration after(int attempt, Address address);
}
