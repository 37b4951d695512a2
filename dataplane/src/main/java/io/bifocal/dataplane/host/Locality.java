package io.bifocal.dataplane.host;

/** Where a host is; empty parts are unknown. */
public record Locality(String region, String zone, String subZone) {
  public static final Locality NONE = new Locality("", "", "");
}
