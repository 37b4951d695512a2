package io.bifocal.dataplane.connect;

import io.bifocal.dataplane.host.Address;
import java.time.Duration;
import java.util.List;

/** When an address's turn in a race comes: after whom, and how long after. */
@FunctionalInterface
public interface Pacing {
  /**
   * The delay between the start of an attempt and that of the next: how long it has the field to
   * itself.
   *
   * @param attempt its number in the race, from 0
   */
  Duration after(int attempt, Address address);

  /** The same addresses, those at the end of which little is to be expected. */
  default List<Address> order(List<Address> addresses) {
    return addresses;
  }
}
