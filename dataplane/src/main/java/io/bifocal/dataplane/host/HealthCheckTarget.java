package io.bifocal.dataplane.host;

import org.jspecify.annotations.Nullable;

/**
 * What a health checker would ask of a host.
 *
 * @param address where: {@code health_check_config.address}, or the primary address; with the port
 *     of {@code port_value} when there is one
 * @param hostname {@code health_check_config.hostname}, or empty
 * @param disabled {@code disable_active_health_check}: not at all
 */
public record HealthCheckTarget(Address address, String hostname, boolean disabled) {
  /** Of a host that says nothing of it. */
  public static HealthCheckTarget at(Address primary) {
    return new HealthCheckTarget(primary, "", false);
  }

  // As a record's own, which the JVM would link at the first change, for milliseconds.
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof HealthCheckTarget that
        && disabled == that.disabled
        && address.equals(that.address)
        && hostname.equals(that.hostname);
  }

  @Override
  public int hashCode() {
    return 31 * address.hashCode() + hostname.hashCode();
  }
}
