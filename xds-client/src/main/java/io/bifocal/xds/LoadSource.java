package io.bifocal.xds;

import io.envoyproxy.envoy.config.endpoint.v3.ClusterStats;
import java.util.Collection;
import java.util.Optional;

/** Counts load by cluster. All calls come on the client's loop. */
public interface LoadSource {
  /** The clusters that there are now: what a server that asks for all of them is told of. */
  Collection<String> clusters();

  /** From now on {@code cluster} is reported; what happened before is not. It may not exist yet. */
  void begin(String cluster);

  /** {@code cluster} is not reported any more. */
  void end(String cluster);

  /**
   * What happened since {@link #begin}, or since this was asked last. Empty when there is no such
   * cluster; the interval is filled in by the caller.
   *
   * @param byEndpoint whether the server wants a line for each endpoint
   */
  Optional<ClusterStats> collect(String cluster, boolean byEndpoint);
}
