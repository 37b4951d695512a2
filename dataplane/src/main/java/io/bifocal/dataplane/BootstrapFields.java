package io.bifocal.dataplane;

import com.google.common.collect.Sets;
import io.bifocal.api.ConfigException;
import io.bifocal.api.MessageTypes;
import io.bifocal.api.SupportedFields;
import io.bifocal.dataplane.cluster.ConnectDefaults;
import io.bifocal.dataplane.dns.ResolverConfigReader;
import io.bifocal.dataplane.extension.Registry;
import io.bifocal.dataplane.grid.GridSettings;
import io.bifocal.dataplane.overload.OverloadManager;
import io.bifocal.dataplane.runtime.HeaderLimits;
import io.bifocal.dataplane.runtime.RuntimeLayers;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.xds.SourceCheck;
import io.envoyproxy.envoy.config.bootstrap.v3.Admin;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import io.envoyproxy.envoy.config.bootstrap.v3.ClusterManager;
import io.envoyproxy.envoy.config.bootstrap.v3.RuntimeLayer;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.extensions.regex_engines.v3.GoogleRE2;
import java.util.ArrayList;
import java.util.List;

/** Which fields of a bootstrap are obeyed, and which are accepted because ignoring them is safe. */
final class BootstrapFields {
  private static final SupportedFields BOOTSTRAP =
      SupportedFields.of(Bootstrap.getDescriptor())
          .supports(
              "node",
              "static_resources",
              "dynamic_resources",
              "cluster_manager",
              "admin",
              "layered_runtime",
              "overload_manager",
              "default_regex_engine")
          .ignores(
              "the JVM's own settings decide", "enable_dispatcher_stats", "watchdog", "watchdogs")
          .ignores("there is no hot restart", "header_prefix")
          .ignores("statistics are read from the admin interface", "stats_flush_interval")
          .ignores("statistics are read from the admin interface", "stats_flush_on_admin")
          .ignores("sinks are not served yet: read /stats", "stats_sinks", "stats_config")
          .ignores("statistics are made as without it", "deferred_stat_options")
          .ignores("flags are static here", "flags_path")
          .ignores("lines of the log are as --log-format says", "application_log_config")
          .supports("typed_dns_resolver_config", "dns_resolution_config", "use_tcp_for_dns_lookups")
          .ignores("every worker loop accepts for itself", "default_socket_interface")
          .ignores("there are no extensions to load", "bootstrap_extensions", "fatal_actions")
          .refuses(
              "names of the form xdstp: are asked for at the source given beside them",
              "config_sources",
              "default_config_source")
          .refuses("names are asked for as they are", "node_context_params");

  private static final SupportedFields STATIC =
      SupportedFields.of(Bootstrap.StaticResources.getDescriptor())
          .supports("listeners", "clusters", "secrets");

  private static final SupportedFields DYNAMIC =
      SupportedFields.of(Bootstrap.DynamicResources.getDescriptor())
          .supports("lds_config", "cds_config", "ads_config");

  private static final SupportedFields CLUSTER_MANAGER =
      SupportedFields.of(ClusterManager.getDescriptor())
          .supports("upstream_bind_config", "load_stats_config", "local_cluster_name")
          .ignores("hosts are not ejected yet", "outlier_detection")
          .ignores(
              "a worker makes its part of a cluster on first use anyway",
              "enable_deferred_cluster_creation");

  private static final SupportedFields ADMIN =
      SupportedFields.of(Admin.getDescriptor())
          .supports("address")
          .ignores("the admin interface keeps no access log yet", "access_log_path", "access_log")
          .ignores("profiles are the JVM's business", "profile_path")
          .ignores("set by the kernel's defaults", "socket_options")
          .ignores("the admin interface has a limit of its own", "ignore_global_conn_limit");

  private static final Registry<GoogleRE2> REGEX_ENGINES =
      new Registry<GoogleRE2>()
          .register(MessageTypes.url(GoogleRE2.getDescriptor()), GoogleRE2.getDefaultInstance());

  private BootstrapFields() {}

  /**
   * Checks what the composition root itself reads; clusters and listeners are checked by those who
   * own them.
   *
   * @return warnings
   */
  static List<String> check(Bootstrap bootstrap) throws ConfigException {
    List<String> warnings = new ArrayList<>(BOOTSTRAP.check(bootstrap, "bootstrap"));
    warnings.addAll(STATIC.check(bootstrap.getStaticResources(), "static_resources"));
    warnings.addAll(DYNAMIC.check(bootstrap.getDynamicResources(), "dynamic_resources"));
    warnings.addAll(CLUSTER_MANAGER.check(bootstrap.getClusterManager(), "cluster_manager"));
    warnings.addAll(ADMIN.check(bootstrap.getAdmin(), "admin"));
    warnings.addAll(
        OverloadManager.of(bootstrap.getOverloadManager(), new StatsStore(1).root()).warnings());
    warnings.addAll(
        runtime(bootstrap).warnings(Sets.union(HeaderLimits.KEYS, GridSettings.GUARDS)));
    ResolverConfigReader.ofBootstrap(bootstrap, warnings);
    requireRe2(bootstrap);
    checkSources(bootstrap);
    return warnings;
  }

  /** The runtime's layers. */
  static RuntimeLayers runtime(Bootstrap bootstrap) throws ConfigException {
    RuntimeLayers layers =
        RuntimeLayers.of(bootstrap.getLayeredRuntime(), bootstrap.getNode().getCluster());
    var unused = ConnectDefaults.of(layers.fixed());
    return layers;
  }

  private static void requireRe2(Bootstrap bootstrap) throws ConfigException {
    if (bootstrap.hasDefaultRegexEngine()) {
      TypedExtensionConfig engine = bootstrap.getDefaultRegexEngine();
      var unused = REGEX_ENGINES.find(engine.getName(), engine.getTypedConfig());
    }
  }

  private static void checkSources(Bootstrap bootstrap) throws ConfigException {
    Bootstrap.DynamicResources dynamic = bootstrap.getDynamicResources();
    Node node = bootstrap.getNode();
    SourceCheck check = SourceCheck.of(bootstrap);
    if (dynamic.hasAdsConfig()) {
      check.server(dynamic.getAdsConfig(), "dynamic_resources.ads_config");
      requireName(node);
    }
    if (dynamic.hasCdsConfig()) {
      check.source(dynamic.getCdsConfig(), "dynamic_resources.cds_config");
      requireName(node);
    }
    if (dynamic.hasLdsConfig()) {
      check.source(dynamic.getLdsConfig(), "dynamic_resources.lds_config");
      requireName(node);
    }
    ClusterManager manager = bootstrap.getClusterManager();
    if (manager.hasLoadStatsConfig()) {
      check.server(manager.getLoadStatsConfig(), "cluster_manager.load_stats_config");
      requireName(node);
    }
    for (RuntimeLayer layer : bootstrap.getLayeredRuntime().getLayersList()) {
      if (layer.hasRtdsLayer()) {
        String path = "layered_runtime.layers '" + layer.getName() + "'.rtds_layer.rtds_config";
        check.source(layer.getRtdsLayer().getRtdsConfig(), path);
        requireName(node);
      }
    }
  }

  private static void requireName(Node node) throws ConfigException {
    if (node.getId().isEmpty() || node.getCluster().isEmpty()) {
      throw new ConfigException(
          "node 'id' and 'cluster' are required. Set it either in 'node' config or via"
              + " --service-node and --service-cluster options.");
    }
  }
}
