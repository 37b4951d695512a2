package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.connect.ConnectSettings;
import io.bifocal.dataplane.dns.ResolverConfig;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.envoyproxy.envoy.config.core.v3.BindConfig;
import java.util.function.Supplier;

/**
 * What holds for every cluster that says nothing of it.
 *
 * @param connect how connections are made where Envoy has no field for it; asked when a cluster is
 *     made
 * @param bind {@code cluster_manager.upstream_bind_config}; the default instance for none
 * @param resolver how names are resolved
 * @param runtime where some numbers may be changed
 */
public record ClusterDefaults(
    Supplier<ConnectSettings> connect,
    BindConfig bind,
    ResolverConfig resolver,
    RuntimeReader runtime) {
  /** What holds without a bootstrap that says otherwise. */
  public static final ClusterDefaults DEFAULT =
      new ClusterDefaults(
          () -> ConnectSettings.DEFAULT,
          BindConfig.getDefaultInstance(),
          ResolverConfig.DEFAULT,
          RuntimeReader.NONE);
}
