package io.bifocal.dataplane.secret;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.init.InitManager;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;

/** Where secrets come from. Confined to the control loop. */
public interface Secrets {
  /** No secrets: for whoever reads configurations outside a proxy. */
  Secrets NONE =
      new Secrets() {
        @Override
        public Secret fixed(SecretKind kind, String name) throws ConfigException {
          throw new ConfigException(kind.unknown(name));
        }

        @Override
        public SecretLease lease(
            SecretKind kind, ConfigSource source, String name, InitManager init, SecretUser user) {
          throw new IllegalArgumentException("secrets are not fetched here: " + name);
        }

        @Override
        public SecretLease follow(Secret secret, Secret held, SecretUser user) {
          return () -> {};
        }
      };

  /**
   * A secret of the bootstrap.
   *
   * @throws ConfigException in Envoy's words when there is none
   */
  Secret fixed(SecretKind kind, String name) throws ConfigException;

  /**
   * Uses a secret of SDS, whose value, if there is one, is given to the user within this call.
   *
   * @param init waits for the first answer, good or bad, or for its timeout
   * @throws IllegalArgumentException when the source is of a kind that is not served
   */
  SecretLease lease(
      SecretKind kind, ConfigSource source, String name, InitManager init, SecretUser user);

  /**
   * Follows the files of a secret that is written out where it is used. A directory that cannot be
   * watched is warned of: what was read stays in use, as Envoy has it with all such secrets.
   *
   * @param held what its files held when the user read them
   * @param user gets what they hold now where that is something else, within this call, and what is
   *     moved into their place later
   */
  SecretLease follow(Secret secret, Secret held, SecretUser user);
}
