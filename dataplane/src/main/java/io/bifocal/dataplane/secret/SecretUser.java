package io.bifocal.dataplane.secret;

import io.bifocal.api.ConfigException;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;

/** Somebody who uses a secret. Confined to the control loop. */
@FunctionalInterface
public interface SecretUser {
  /**
   * Gets ready for a new value, and changes nothing yet: another user may refuse it.
   *
   * @return takes the value into use; not called when it is refused
   * @throws ConfigException why it cannot be used; the reason of the NACK
   */
  Runnable prepare(Secret secret) throws ConfigException;
}
