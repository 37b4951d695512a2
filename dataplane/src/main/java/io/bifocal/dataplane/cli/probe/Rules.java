package io.bifocal.dataplane.cli.probe;

import io.bifocal.dataplane.connect.AddressOrder;
import io.bifocal.dataplane.connect.ConnectSettings;
import io.bifocal.dataplane.dns.LookupFamily;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.AddressList;
import io.bifocal.dataplane.host.AddressList.Completeness;
import io.bifocal.dataplane.host.Family;
import io.envoyproxy.envoy.config.cluster.v3.UpstreamConnectionOptions.HappyEyeballsConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The rules of all races of a probe, as a cluster would set them.
 *
 * @param family which addresses are raced
 * @param sorting how families are interleaved
 * @param connectTimeout over a whole race
 */
record Rules(
    LookupFamily family,
    HappyEyeballsConfig sorting,
    ConnectSettings connect,
    Duration connectTimeout) {

  /** The list that is raced: each address once, as a second attempt to it tells nothing new. */
  AddressList list(List<Address> arrived, Completeness completeness) {
    List<Address> once = arrived.stream().distinct().toList();
    return new AddressList(once, AddressOrder.sort(once, sorting), completeness);
  }

  /** The same for other families. */
  Rules withFamily(LookupFamily wanted) {
    return new Rules(wanted, sorting, connect, connectTimeout);
  }

  /** Those of a list of addresses that a look-up would have asked for. */
  List<Address> choose(List<Address.Ip> given) {
    for (List<Family> step : family.steps()) {
      List<Address> wanted = new ArrayList<>(given);
      wanted.removeIf(address -> !step.contains(address.family()));
      if (!wanted.isEmpty()) {
        return wanted;
      }
    }
    return List.of();
  }
}
