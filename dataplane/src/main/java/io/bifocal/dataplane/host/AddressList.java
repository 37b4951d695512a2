package io.bifocal.dataplane.host;

import java.util.List;

/**
 * All addresses of a host: as they came, and in the order in which a race tries them.
 *
 * @param arrived the primary address first, then {@code additional_addresses}; what dumps show
 * @param ordered the same addresses, sorted once (RFC 8305 section 4 as Envoy reads it)
 */
public record AddressList(List<Address> arrived, List<Address> ordered) {
  public AddressList {
    arrived = List.copyOf(arrived);
    ordered = List.copyOf(ordered);
    if (arrived.isEmpty() || arrived.size() != ordered.size()) {
      throw new IllegalArgumentException("an address list is not empty, and sorting loses nothing");
    }
  }

  public Address primary() {
    return arrived.get(0);
  }
}
