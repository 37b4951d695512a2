package io.bifocal.dataplane.host;

/** Why a host is not used, in the words of {@code /clusters}' {@code health_flags}. */
public enum HealthFlag {
  FAILED_ACTIVE_HC(0x1, "/failed_active_hc"),
  FAILED_OUTLIER_CHECK(0x2, "/failed_outlier_check"),
  FAILED_EDS_HEALTH(0x4, "/failed_eds_health"),
  DEGRADED_ACTIVE_HC(0x8, "/degraded_active_hc"),
  DEGRADED_EDS_HEALTH(0x10, "/degraded_eds_health");

  private final int bit;
  private final String text;

  HealthFlag(int bit, String text) {
    this.bit = bit;
    this.text = text;
  }

  public String text() {
    return text;
  }

  int bit() {
    return bit;
  }
}
