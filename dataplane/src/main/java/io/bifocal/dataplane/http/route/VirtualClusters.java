package io.bifocal.dataplane.http.route;

import io.bifocal.api.ConfigException;
import io.bifocal.api.SupportedFields;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.stats.Scope;
import io.envoyproxy.envoy.config.route.v3.VirtualCluster;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Requests that are counted together, by their heads ({@code virtual_clusters}).
 *
 * @param other counts what none of them takes
 */
record VirtualClusters(List<Entry> entries, RequestCounts other) {
  static final SupportedFields FIELDS =
      SupportedFields.of(VirtualCluster.getDescriptor()).supports("headers", "name");

  VirtualClusters {
    entries = List.copyOf(entries);
  }

  /** One of them. */
  record Entry(List<HeaderMatch> headers, RequestCounts counts) {}

  /**
   * Those of a virtual host, or null when it has none.
   *
   * @param vhost the virtual host's statistics
   */
  static @Nullable VirtualClusters of(VirtualHost host, Scope vhost, String where)
      throws ConfigException {
    if (host.getVirtualClustersCount() == 0) {
      return null;
    }
    List<Entry> entries = new ArrayList<>();
    for (VirtualCluster config : host.getVirtualClustersList()) {
      String at = where + ".virtual_clusters '" + config.getName() + "'";
      RouteFields.check(FIELDS, config, at);
      if (config.getHeadersCount() == 0) {
        throw new ConfigException("virtual clusters must define 'headers'");
      }
      entries.add(
          new Entry(
              HeaderMatch.all(config.getHeadersList(), at + ".headers"),
              counts(vhost, config.getName(), config.getName())));
    }
    return new VirtualClusters(entries, counts(vhost, "", "other"));
  }

  private static RequestCounts counts(Scope vhost, String name, String shown) {
    return new RequestCounts(name, vhost.tagged("vcluster", "envoy.virtual_cluster", shown));
  }

  /** Where a request is counted. */
  RequestCounts of(RequestHead head) {
    for (int i = 0; i < entries.size(); i++) {
      Entry entry = entries.get(i);
      if (allMatch(entry.headers, head)) {
        return entry.counts;
      }
    }
    return other;
  }

  private static boolean allMatch(List<HeaderMatch> headers, RequestHead head) {
    for (int i = 0; i < headers.size(); i++) {
      if (!headers.get(i).matches(head)) {
        return false;
      }
    }
    return true;
  }
}
