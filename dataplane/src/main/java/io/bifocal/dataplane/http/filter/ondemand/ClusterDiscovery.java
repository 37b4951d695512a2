package io.bifocal.dataplane.http.filter.ondemand;

import io.bifocal.api.ConfigException;
import io.bifocal.api.JavaDuration;
import io.bifocal.api.SupportedFields;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.extensions.filters.http.on_demand.v3.OnDemandCds;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a cluster that is missing is asked for, and how long a request waits for it; zero for as
 * long as it lives.
 */
record ClusterDiscovery(ConfigSource source, Duration timeout) {
  private static final Logger log = LoggerFactory.getLogger(ClusterDiscovery.class);
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final SupportedFields FIELDS =
      SupportedFields.of(OnDemandCds.getDescriptor()).supports("source", "timeout");

  static ClusterDiscovery of(OnDemandCds config, String where) throws ConfigException {
    FIELDS.check(config, where).forEach(log::warn);
    return new ClusterDiscovery(
        config.getSource(), config.hasTimeout() ? JavaDuration.of(config.getTimeout()) : TIMEOUT);
  }
}
