package io.bifocal.dataplane.grid;

import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.pool.ConnectionPool;

/**
 * Makes the pools that a grid chooses among. {@link ScriptedPools} is the fake. Confined to the
 * worker's loop.
 */
public interface GridPools {
  /** Connections of HTTP/3 to a host that has one address. */
  ConnectionPool http3(Host host);

  /** Connections over TCP: HTTP/2 or HTTP/1.1 as agreed, whichever of the addresses wins. */
  ConnectionPool tcp(Host host);
}
