package io.bifocal.xds;

import io.bifocal.api.ConfigException;
import io.bifocal.xds.internal.bootstrap.Servers;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap.DynamicResources;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.Node;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a client takes from a bootstrap; the rest of it is a data plane's.
 *
 * @param sources of CDS and LDS, where the bootstrap names them
 */
record BootstrapParts(
    Bootstrap bootstrap,
    Servers servers,
    Node node,
    @Nullable ApiConfigSource ads,
    Map<ResourceType<?>, ConfigSource> sources,
    StaticResources statics) {
  private static final String BESIDE =
      ": not supported: names of the form xdstp: are asked for at the source given beside them";

  static BootstrapParts of(Bootstrap bootstrap) {
    DynamicResources dynamic = bootstrap.getDynamicResources();
    Map<ResourceType<?>, ConfigSource> sources = new HashMap<>();
    if (dynamic.hasCdsConfig()) {
      sources.put(ResourceType.CLUSTER, dynamic.getCdsConfig());
    }
    if (dynamic.hasLdsConfig()) {
      sources.put(ResourceType.LISTENER, dynamic.getLdsConfig());
    }
    return new BootstrapParts(
        bootstrap,
        Servers.of(bootstrap),
        bootstrap.getNode(),
        dynamic.hasAdsConfig() ? dynamic.getAdsConfig() : null,
        Map.copyOf(sources),
        StaticResources.of(bootstrap));
  }

  /**
   * Refuses what would change where resources come from.
   *
   * @throws IllegalArgumentException naming the field
   */
  static void check(Bootstrap bootstrap) {
    if (bootstrap.getConfigSourcesCount() > 0) {
      throw new IllegalArgumentException("config_sources" + BESIDE);
    }
    if (bootstrap.hasDefaultConfigSource()) {
      throw new IllegalArgumentException("default_config_source" + BESIDE);
    }
    if (bootstrap.getNodeContextParamsCount() > 0) {
      throw new IllegalArgumentException(
          "node_context_params: not supported: names are asked for as they are");
    }
  }

  /** The same, checked as far as it can be before anything is opened. */
  static BootstrapParts checked(Bootstrap bootstrap, String where) throws ConfigException {
    try {
      check(bootstrap);
    } catch (IllegalArgumentException e) {
      throw new ConfigException(where + ": " + e.getMessage(), e);
    }
    BootstrapParts parts = of(bootstrap);
    if (parts.ads() != null) {
      new SourceCheck(parts.servers())
          .server(parts.ads(), where + ": dynamic_resources.ads_config");
      if (parts.node().getId().isEmpty()) {
        throw new ConfigException(
            where + ": node.id: a control plane must know who asks; set it to a name of this node");
      }
    }
    return parts;
  }
}
