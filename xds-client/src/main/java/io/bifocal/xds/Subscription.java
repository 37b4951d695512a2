package io.bifocal.xds;

import java.util.Set;

/** A standing interest in resources. To be used on the client's loop. */
public interface Subscription extends AutoCloseable {
  /**
   * Changes which names are wanted, as when subscribing; one request tells the server, with the ACK
   * where one is due.
   */
  void update(Set<String> names);

  /** Ends the interest; when nobody else wants a name, the server is told. Harmless twice. */
  @Override
  void close();
}
