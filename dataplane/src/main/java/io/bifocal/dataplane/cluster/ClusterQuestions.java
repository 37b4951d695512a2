package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.ondemand.Question;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import java.time.Duration;

/** Where clusters that are missing can be asked for. */
@FunctionalInterface
public interface ClusterQuestions {
  /**
   * Whether a cluster exists at a source; answered when it is active, or known not to exist. On any
   * loop.
   *
   * @param patience how long a request waits
   */
  Question question(ConfigSource from, String cluster, Duration patience);
}
