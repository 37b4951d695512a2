package io.bifocal.dataplane.host;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All addresses of a host: as they came, and in the order in which a race tries them.
 *
 * @param arrived the primary address first, then {@code additional_addresses}; what dumps show
 * @param ordered the same addresses, sorted once (RFC 8305 section 4 as Envoy reads it)
 * @param completeness whether a resolver's other answer is still to come
 */
public record AddressList(List<Address> arrived, List<Address> ordered, Completeness completeness) {

  /** Whether these are all. */
  public enum Completeness {
    COMPLETE,
    /**
     * The answer for the other family is outstanding; an update brings it, or says there is none.
     */
    MORE_TO_COME
  }

  public AddressList {
    arrived = List.copyOf(arrived);
    ordered = List.copyOf(ordered);
    if (arrived.isEmpty() || arrived.size() != ordered.size()) {
      throw new IllegalArgumentException("an address list is not empty, and sorting loses nothing");
    }
  }

  /** A list that is complete. */
  public AddressList(List<Address> arrived, List<Address> ordered) {
    this(arrived, ordered, Completeness.COMPLETE);
  }

  /** The list of a host that has one. */
  public static AddressList of(Address address) {
    List<Address> alone = List.of(address);
    return new AddressList(alone, alone);
  }

  /** The same addresses, and whether these are all. */
  public AddressList being(Completeness otherwise) {
    return new AddressList(arrived, ordered, otherwise);
  }

  public Address primary() {
    return arrived.get(0);
  }

  // As a record's own, which the JVM would link at the first change, for milliseconds.
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof AddressList that
        && completeness == that.completeness
        && arrived.equals(that.arrived)
        && ordered.equals(that.ordered);
  }

  @Override
  public int hashCode() {
    return 31 * arrived.hashCode() + completeness.hashCode();
  }
}
