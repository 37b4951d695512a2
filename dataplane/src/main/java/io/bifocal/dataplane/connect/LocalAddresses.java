package io.bifocal.dataplane.connect;

import io.bifocal.dataplane.host.Address;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The addresses of this machine that a cluster's connections come from; none for the system's
 * choice.
 *
 * <p>Source: Envoy's {@code upstream_bind_config} and its default local address selector.
 *
 * @param configured in the order of the configuration
 */
public record LocalAddresses(List<Address.Ip> configured) {
  /** The system chooses. */
  public static final LocalAddresses NONE = new LocalAddresses(List.of());

  public LocalAddresses {
    configured = List.copyOf(configured);
  }

  /**
   * Where a socket for {@code remote} is bound: to the first address of the same family, else to
   * the first one, which then fails. Null for the system's choice; a pipe has no other.
   */
  Address.@Nullable Ip towards(Address remote) {
    if (configured.isEmpty() || !(remote instanceof Address.Ip)) {
      return null;
    }
    return configured.stream()
        .filter(local -> local.family() == remote.family())
        .findFirst()
        .orElse(configured.get(0));
  }
}
