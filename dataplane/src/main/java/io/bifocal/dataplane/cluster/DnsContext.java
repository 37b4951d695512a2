package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.connect.ConnectSettings;
import io.bifocal.dataplane.dns.Resolver;
import io.bifocal.dataplane.dns.SourceAddresses;
import io.bifocal.xds.time.Loop;
import java.util.function.DoubleSupplier;

/**
 * What all names of a cluster share.
 *
 * @param settings how the addresses are used
 * @param chance uniform in [0, 1)
 */
record DnsContext(
    Discovery.Dns dns,
    ConnectSettings settings,
    Resolver resolver,
    SourceAddresses sources,
    ClusterStats.Lookups lookups,
    Loop control,
    DoubleSupplier chance) {

  /** Whether a name's addresses belong to one host. */
  boolean raced() {
    return dns.endpoints().logical();
  }
}
