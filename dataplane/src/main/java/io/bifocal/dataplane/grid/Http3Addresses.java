package io.bifocal.dataplane.grid;

import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.AddressList;
import io.bifocal.dataplane.host.AddressList.Completeness;
import io.bifocal.dataplane.host.Host;
import java.util.List;

/** At which of a host's addresses HTTP/3 is tried. */
final class Http3Addresses {
  private Http3Addresses() {}

  /**
   * The first, and the second if it is of another family: two of one family most often fail
   * together. Of the addresses as they came, as in Envoy. Empty where connections go to a proxy, or
   * to no IP address.
   */
  static List<Address> of(Host host, boolean happyEyeballs) {
    List<Address> all = host.addresses().arrived();
    Address first = all.get(0);
    if (host.proxy() != null || !(first instanceof Address.Ip)) {
      return List.of();
    }
    boolean two =
        happyEyeballs
            && all.size() > 1
            && all.get(1) instanceof Address.Ip
            && all.get(1).family() != first.family();
    return List.copyOf(all.subList(0, two ? 2 : 1));
  }

  /** The host as if it had these of its addresses only, and what is still to come. */
  static Host among(Host host, List<Address> addresses) {
    Completeness completeness = host.addresses().completeness();
    return host.with(new AddressList(addresses, addresses, completeness));
  }

  /** The host as if it had this address only. */
  static Host at(Host host, Address address) {
    return host.with(AddressList.of(address));
  }
}
