package io.bifocal.dataplane.host;

import org.jspecify.annotations.Nullable;

/** Where a host is; empty parts are unknown. */
public record Locality(String region, String zone, String subZone) {
  public static final Locality NONE = new Locality("", "", "");

  // As a record's own, which the JVM would link at the first change, for milliseconds.
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Locality that
        && region.equals(that.region)
        && zone.equals(that.zone)
        && subZone.equals(that.subZone);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * region.hashCode() + zone.hashCode()) + subZone.hashCode();
  }
}
