package io.bifocal.dataplane.connect;

import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Family;
import io.envoyproxy.envoy.config.cluster.v3.UpstreamConnectionOptions.HappyEyeballsConfig;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** The order in which a race tries addresses: RFC 8305 section 4 as Envoy reads it. */
public final class AddressOrder {
  private AddressOrder() {}

  /**
   * Interleaves the families: in every round the preferred one gives {@code
   * first_address_family_count} addresses and each other one gives one. Within a family nothing
   * moves. Loses and adds nothing, duplicates included. The default instance of {@code config} is
   * Envoy's default: the family of the first address is preferred, and gives one.
   */
  public static List<Address> sort(List<Address> arrived, HappyEyeballsConfig config) {
    if (arrived.size() < 2) {
      return List.copyOf(arrived);
    }
    int quota =
        config.hasFirstAddressFamilyCount() ? config.getFirstAddressFamilyCount().getValue() : 1;
    return interleave(arrived, preferred(arrived, config), quota);
  }

  /**
   * What is left to try when a host's addresses have become others while its race runs: all that
   * were not tried, beginning with another family than the last one that was (RFC 8305 section 5:
   * addresses that come late are merged).
   *
   * @param tried in the order in which they were tried
   * @param now all addresses that the host has now, in order
   */
  static List<Address> rest(List<Address> tried, List<Address> now) {
    List<Address> rest = new ArrayList<>(now);
    tried.forEach(rest::remove); // once each: an address that is there twice is tried twice
    Family last = tried.get(tried.size() - 1).family();
    Family next =
        rest.stream().map(Address::family).filter(f -> f != last).findFirst().orElse(last);
    return interleave(rest, next, 1);
  }

  private static List<Address> interleave(
      List<Address> arrived, @Nullable Family first, int quota) {
    Map<Family, Queue<Address>> families = byFamily(arrived, first);
    List<Address> ordered = new ArrayList<>(arrived.size());
    while (ordered.size() < arrived.size()) {
      families.forEach(
          (family, rest) -> {
            int gives = family == first ? quota : 1;
            for (int i = 0; i < gives && !rest.isEmpty(); i++) {
              ordered.add(rest.remove());
            }
          });
    }
    return List.copyOf(ordered);
  }

  /** The families in order of appearance, except that the preferred one leads. */
  private static Map<Family, Queue<Address>> byFamily(
      List<Address> arrived, @Nullable Family preferred) {
    Map<Family, Queue<Address>> families = new LinkedHashMap<>();
    if (preferred != null) {
      families.put(preferred, new ArrayDeque<>());
    }
    for (Address address : arrived) {
      families.computeIfAbsent(address.family(), f -> new ArrayDeque<>()).add(address);
    }
    return families;
  }

  // By number: the names PIPE and INTERNAL are newer than the messages. Null is a family that no
  // address has.
  private static @Nullable Family preferred(List<Address> arrived, HappyEyeballsConfig config) {
    return switch (config.getFirstAddressFamilyVersionValue()) {
      case 0 -> arrived.get(0).family();
      case 1 -> Family.V4;
      case 2 -> Family.V6;
      case 3 -> Family.PIPE;
      default -> null;
    };
  }
}
