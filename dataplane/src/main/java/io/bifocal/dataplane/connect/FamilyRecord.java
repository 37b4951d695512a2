package io.bifocal.dataplane.connect;

import io.bifocal.dataplane.host.Address;
import org.jspecify.annotations.Nullable;

/**
 * What speaks against a whole family: the two different addresses of it that were found bad most
 * recently where another family won. Immutable; times are nanoseconds of the loops' clock.
 *
 * @param other null while there is only one
 */
record FamilyRecord(Address last, long lastAt, @Nullable Address other, long otherAt) {

  static FamilyRecord first(Address address, long now) {
    return new FamilyRecord(address, now, null, now);
  }

  /** {@code address} was found bad, for the first time or again. */
  FamilyRecord with(Address address, long now) {
    return address.equals(last)
        ? new FamilyRecord(last, now, other, otherAt)
        : new FamilyRecord(address, now, last, lastAt);
  }

  boolean mentions(Address address) {
    return address.equals(last) || address.equals(other);
  }

  /** One bad address is that address's affair; two that are not forgotten yet are a family's. */
  boolean isBad(long now) {
    return other != null && now - otherAt < OutcomeMemory.LIFETIME.toNanos();
  }
}
