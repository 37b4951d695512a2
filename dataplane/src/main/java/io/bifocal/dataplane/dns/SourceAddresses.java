package io.bifocal.dataplane.dns;

import java.net.InetAddress;
import java.util.Optional;

/** From which addresses this machine would connect. The seam of {@link DestinationOrder}. */
@FunctionalInterface
public interface SourceAddresses {
  /** The source that would be used towards {@code destination}; empty when it is unreachable. */
  Optional<Source> towards(InetAddress destination);

  /**
   * An address of this machine.
   *
   * @param prefixLength of its subnet
   * @param deprecated whether it should not be used for new connections (RFC 4862)
   */
  record Source(InetAddress address, int prefixLength, boolean deprecated) {}
}
