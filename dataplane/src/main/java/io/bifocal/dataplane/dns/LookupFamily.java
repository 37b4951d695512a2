package io.bifocal.dataplane.dns;

import io.bifocal.dataplane.host.Family;
import java.util.List;

/** In which families a name is looked up, and in what steps: Envoy's {@code dns_lookup_family}. */
public enum LookupFamily {
  /** IPv6; IPv4 only if there is no IPv6 address. */
  AUTO,
  V4_ONLY,
  V6_ONLY,
  /** IPv4; IPv6 only if there is no IPv4 address. */
  V4_PREFERRED,
  /** Both at once, the IPv6 question first (RFC 8305 section 3). */
  ALL;

  /** What is asked at once; a further step is taken when no step before it has found an address. */
  public List<List<Family>> steps() {
    return switch (this) {
      case AUTO -> List.of(List.of(Family.V6), List.of(Family.V4));
      case V4_ONLY -> List.of(List.of(Family.V4));
      case V6_ONLY -> List.of(List.of(Family.V6));
      case V4_PREFERRED -> List.of(List.of(Family.V4), List.of(Family.V6));
      case ALL -> List.of(List.of(Family.V6, Family.V4));
    };
  }
}
