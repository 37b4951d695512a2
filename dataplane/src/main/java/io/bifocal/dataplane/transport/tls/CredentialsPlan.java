package io.bifocal.dataplane.transport.tls;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.secret.SecretKind;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Where credentials come from.
 *
 * @param known what is configured, lacking what is to be fetched
 * @param wanted the secrets to be fetched
 * @param followed what of {@code known} is in files that are watched
 */
record CredentialsPlan(Credentials known, List<Wanted> wanted, List<Followed> followed) {
  /** What is configured with nothing to be fetched or followed. */
  static CredentialsPlan of(Credentials known) {
    return new CredentialsPlan(known, List.of(), List.of());
  }

  /** Reads a secret; what is wrong with it is told in Envoy's words. */
  @FunctionalInterface
  interface Reading {
    /**
     * What it changes.
     *
     * @param warnings gets what is accepted without effect
     */
    UnaryOperator<Credentials> read(Secret secret, List<String> warnings) throws ConfigException;
  }

  /** One secret of SDS. */
  record Wanted(SecretKind kind, ConfigSource source, String name, Reading reading) {}

  /**
   * What is written out and has its files watched.
   *
   * @param held what they held just before they were read into use
   */
  record Followed(Secret secret, Secret held, Reading reading) {}
}
