package io.bifocal.xds;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A standing interest in resources. To be used on the client's loop. */
public interface Subscription extends AutoCloseable {
  /**
   * Changes which names are wanted, as when subscribing; one request tells the server, with the ACK
   * where one is due.
   */
  void update(Set<String> names);

  /**
   * What the client holds of what is subscribed to here, and why not; what concerns all of the type
   * has no name. Secrets are in it as they are: redact before you show them.
   */
  List<ResourceStatus> statuses();

  /** The same of one name. */
  default Optional<ResourceStatus> status(String name) {
    return statuses().stream().filter(status -> status.name().equals(name)).findFirst();
  }

  /** Ends the interest; when nobody else wants a name, the server is told. Harmless twice. */
  @Override
  void close();
}
