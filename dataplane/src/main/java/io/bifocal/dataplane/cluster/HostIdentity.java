package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.host.Host;

/**
 * What of an endpoint, beside its primary address, makes it the host that it was: with another
 * locality or host name it is another host, with connections, counters and health of its own. All
 * else changes in place.
 *
 * <p>Source: Envoy's {@code updateDynamicHostList}.
 *
 * @param healthChecked whether health checks are configured; only then does their target count
 */
record HostIdentity(boolean healthChecked) {
  boolean isKept(Host before, Host now) {
    return before.locality().equals(now.locality())
        && before.hostname().equals(now.hostname())
        && (!healthChecked || before.healthCheck().equals(now.healthCheck()));
  }
}
