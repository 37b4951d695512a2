package io.bifocal.dataplane.host;

import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One version of an endpoint. An update makes a new version that shares the {@link HostState}.
 *
 * @param hostname the endpoint's {@code hostname}, or empty
 * @param weight {@code load_balancing_weight}, 1 when unset
 * @param edsHealth as the control plane says
 * @param localityMetadata what is said of its locality, and so of it
 * @param healthCheck where a health checker would ask
 * @param proxy whom connections go to in the place of all addresses, or null
 */
public record Host(
    HostState state,
    AddressList addresses,
    String hostname,
    Locality locality,
    int priority,
    int weight,
    HealthStatus edsHealth,
    Metadata metadata,
    Metadata localityMetadata,
    HealthCheckTarget healthCheck,
    @Nullable Address proxy) {

  /** A host without anything that is rarely said. */
  public Host(
      HostState state,
      AddressList addresses,
      String hostname,
      Locality locality,
      int priority,
      int weight,
      HealthStatus edsHealth,
      Metadata metadata) {
    this(
        state,
        addresses,
        hostname,
        locality,
        priority,
        weight,
        edsHealth,
        metadata,
        Metadata.getDefaultInstance(),
        HealthCheckTarget.at(addresses.primary()),
        null);
  }

  /** The same endpoint as a version of another host. */
  public Host as(HostState other) {
    return new Host(
        other,
        addresses,
        hostname,
        locality,
        priority,
        weight,
        edsHealth,
        metadata,
        localityMetadata,
        healthCheck,
        proxy);
  }

  /** The same endpoint with other addresses. */
  public Host with(AddressList others) {
    return new Host(
        state,
        others,
        hostname,
        locality,
        priority,
        weight,
        edsHealth,
        metadata,
        localityMetadata,
        healthCheck,
        proxy);
  }

  /** What a connection races among: the proxy alone, if there is one, else all addresses. */
  public AddressList raced() {
    return proxy == null ? addresses : AddressList.of(proxy);
  }

  public Address primary() {
    return state.primary();
  }

  /** To count in. */
  public HostStats stats() {
    return state.stats();
  }

  /** To read. */
  public HostStats counted() {
    return state.counted();
  }

  /** Whether a balancer may choose it in the first place. */
  public Health health() {
    switch (edsHealth) {
      case UNHEALTHY, DRAINING, TIMEOUT -> {
        return Health.UNHEALTHY;
      }
      default -> {}
    }
    if (state.has(HealthFlag.FAILED_ACTIVE_HC) || state.has(HealthFlag.FAILED_OUTLIER_CHECK)) {
      return Health.UNHEALTHY;
    }
    return edsHealth == HealthStatus.DEGRADED || state.has(HealthFlag.DEGRADED_ACTIVE_HC)
        ? Health.DEGRADED
        : Health.HEALTHY;
  }

  /** Whether it is on its way out: it is not missed when health is counted. */
  public boolean isExcluded() {
    return edsHealth == HealthStatus.DRAINING;
  }

  /** How usable a host is. */
  public enum Health {
    HEALTHY,
    DEGRADED,
    UNHEALTHY
  }

  // As a record's own, which the JVM would link at the first change, for milliseconds.
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Host that
        && state == that.state
        && priority == that.priority
        && weight == that.weight
        && edsHealth == that.edsHealth
        && addresses.equals(that.addresses)
        && hostname.equals(that.hostname)
        && locality.equals(that.locality)
        && metadata.equals(that.metadata)
        && localityMetadata.equals(that.localityMetadata)
        && healthCheck.equals(that.healthCheck)
        && Objects.equals(proxy, that.proxy);
  }

  @Override
  public int hashCode() {
    return 31 * state.hashCode() + addresses.hashCode();
  }
}
