package io.bifocal.dataplane.connect;

import java.util.Optional;

/**
 * What every socket of a cluster is given before it connects, whichever attempt it is for.
 *
 * @param local where it is bound
 * @param keepalive whether and how TCP probes an idle peer; pipes have none
 */
public record SocketSettings(LocalAddresses local, Optional<Keepalive> keepalive) {
  /** As the system makes them. */
  public static final SocketSettings DEFAULT =
      new SocketSettings(LocalAddresses.NONE, Optional.empty());
}
