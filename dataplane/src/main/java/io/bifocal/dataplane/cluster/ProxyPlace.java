package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.host.Locality;

/**
 * Where this proxy is among others.
 *
 * @param locality the node's
 * @param localCluster the cluster whose hosts are the proxies like this one ({@code
 *     local_cluster_name}); empty when it is not known
 */
public record ProxyPlace(Locality locality, String localCluster) {
  public static final ProxyPlace UNKNOWN = new ProxyPlace(Locality.NONE, "");
}
