package io.bifocal.xds;

import io.bifocal.api.ConfigException;
import io.bifocal.api.DataSources;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.grpc.ChannelCredentials;
import io.grpc.TlsChannelCredentials;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Credentials of channels, as configurations name them. */
final class Credentials {
  private Credentials() {}

  /**
   * TLS. Unlike Envoy, gRPC trusts the system's roots when no others are named, and checks the
   * name.
   *
   * @param chain ours, with {@code key}; both null to show none
   * @throws ConfigException when one of them cannot be read
   */
  static ChannelCredentials tls(
      @Nullable DataSource roots, @Nullable DataSource chain, @Nullable DataSource key)
      throws ConfigException {
    TlsChannelCredentials.Builder tls = TlsChannelCredentials.newBuilder();
    try {
      if (roots != null) {
        tls.trustManager(DataSources.read(roots).newInput());
      }
      if (chain != null && key != null) {
        tls.keyManager(DataSources.read(chain).newInput(), DataSources.read(key).newInput());
      }
    } catch (IOException e) {
      throw new ConfigException("certificates cannot be read: " + e, e);
    }
    return tls.build();
  }
}
