package io.bifocal.dataplane.balance;

import io.bifocal.dataplane.host.HostSet;
import io.bifocal.dataplane.host.Locality;
import java.util.function.Supplier;

/**
 * Where this proxy is, and which others there are.
 *
 * @param here the node's locality
 * @param proxies the hosts of {@code local_cluster_name}, as they are now
 */
public record LocalZone(Locality here, Supplier<HostSet> proxies) {}
