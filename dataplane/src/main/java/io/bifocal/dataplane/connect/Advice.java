package io.bifocal.dataplane.connect;

import io.bifocal.dataplane.host.Address;
import java.util.List;

/**
 * What {@link OutcomeMemory} had to say to a race.
 *
 * @param putOff addresses that were bad the last time, or are of a family that is, and are tried
 *     after all others
 * @param reordered whether the order is another than it would be without a memory
 */
public record Advice(List<Address> putOff, boolean reordered) {
  /** Nothing: it was not asked. */
  public static final Advice NONE = new Advice(List.of(), false);
}
