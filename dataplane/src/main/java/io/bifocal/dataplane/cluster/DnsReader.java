package io.bifocal.dataplane.cluster;

import com.google.protobuf.Descriptors.FieldDescriptor;
import io.bifocal.api.ConfigException;
import io.bifocal.api.JavaDuration;
import io.bifocal.api.SetFields;
import io.bifocal.dataplane.cluster.RefreshRate.FailureRate;
import io.bifocal.dataplane.dns.LookupFamily;
import io.bifocal.dataplane.dns.ResolverConfig;
import io.bifocal.dataplane.dns.ResolverConfigReader;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.envoyproxy.envoy.extensions.clusters.common.dns.v3.DnsLookupFamily;
import io.envoyproxy.envoy.extensions.clusters.dns.v3.DnsCluster;
import java.time.Duration;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/**
 * How a cluster's names are resolved: from {@code DnsCluster}, or from the cluster's older fields,
 * which are turned into one.
 */
final class DnsReader {
  private static final Duration REFRESH = Duration.ofSeconds(5);
  private static final int MAX_BY_BASE = 10;

  /** The fields of a cluster that concern names. */
  private static final List<FieldDescriptor> OLDER =
      fields(
          "dns_lookup_family",
          "dns_refresh_rate",
          "dns_failure_refresh_rate",
          "respect_dns_ttl",
          "dns_jitter",
          "dns_resolvers",
          "use_tcp_for_dns_lookups",
          "dns_resolution_config",
          "typed_dns_resolver_config");

  private static final List<FieldDescriptor> WARMING = fields("wait_for_warm_on_init");

  private static List<FieldDescriptor> fields(String... names) {
    return Arrays.stream(names).map(Cluster.getDescriptor()::findFieldByName).sorted().toList();
  }

  private final Cluster cluster;
  private final String path;
  private final ResolverConfig defaults;
  private final List<String> warnings;

  /**
   * @param defaults how names are resolved where the cluster says nothing of it
   */
  DnsReader(Cluster cluster, String path, ResolverConfig defaults, List<String> warnings) {
    this.cluster = cluster;
    this.path = path;
    this.defaults = defaults;
    this.warnings = warnings;
  }

  /** A cluster of type {@code STRICT_DNS} or {@code LOGICAL_DNS}. */
  @SuppressWarnings("deprecation") // the fields that most control planes send
  Discovery ofOlderFields(boolean logical) throws ConfigException {
    DnsCluster.Builder dns =
        DnsCluster.newBuilder()
            .setRespectDnsTtl(cluster.getRespectDnsTtl())
            .setDnsJitter(cluster.getDnsJitter())
            .setAllAddressesInSingleEndpoint(logical)
            .setDnsLookupFamily(
                switch (cluster.getDnsLookupFamily()) {
                  case V4_ONLY -> DnsLookupFamily.V4_ONLY;
                  case V6_ONLY -> DnsLookupFamily.V6_ONLY;
                  case V4_PREFERRED -> DnsLookupFamily.V4_PREFERRED;
                  case ALL -> DnsLookupFamily.ALL;
                  case AUTO, UNRECOGNIZED -> DnsLookupFamily.AUTO;
                });
    if (cluster.hasDnsRefreshRate()) {
      dns.setDnsRefreshRate(cluster.getDnsRefreshRate());
    }
    if (cluster.hasDnsFailureRefreshRate()) {
      DnsCluster.RefreshRate.Builder failures = dns.getDnsFailureRefreshRateBuilder();
      failures.setBaseInterval(cluster.getDnsFailureRefreshRate().getBaseInterval());
      if (cluster.getDnsFailureRefreshRate().hasMaxInterval()) {
        failures.setMaxInterval(cluster.getDnsFailureRefreshRate().getMaxInterval());
      }
    }
    return discovery(
        dns.build(), ResolverConfigReader.ofCluster(cluster, defaults, path, warnings));
  }

  /** A cluster of type {@code envoy.clusters.dns}: the older fields do not count. */
  Discovery of(DnsCluster dns) throws ConfigException {
    String at = path + ".cluster_type.typed_config";
    warnings.addAll(ClusterFields.DNS_CLUSTER.check(dns, at));
    warnOf(OLDER, "the cluster's type says it");
    return discovery(
        dns,
        dns.hasTypedDnsResolverConfig()
            ? ResolverConfigReader.typed(
                dns.getTypedDnsResolverConfig(), at + ".typed_dns_resolver_config", warnings)
            : defaults);
  }

  /** Warns of what another kind of cluster says of names. */
  void warnOfUnused() {
    String why = "no name of this cluster is resolved";
    warnOf(OLDER, why);
    warnOf(WARMING, why);
  }

  private void warnOf(List<FieldDescriptor> fields, String why) {
    BitSet set = SetFields.of(cluster);
    for (FieldDescriptor field : fields) {
      if (set.get(field.getNumber())) {
        warnings.add(path + ": field '" + field.getName() + "' is ignored: " + why);
      }
    }
  }

  private Discovery discovery(DnsCluster dns, ResolverConfig resolver) throws ConfigException {
    DnsEndpoints endpoints =
        new DnsEndpoints(
            assignment(dns.getAllAddressesInSingleEndpoint()),
            dns.getAllAddressesInSingleEndpoint());
    RefreshRate refresh = refreshRate(dns);
    if (endpoints.names().isEmpty()) {
      // What needs no resolver is what it says.
      warnings.add(path + ".load_assignment: no name is to be resolved: taken as STATIC");
      return new Discovery.Static(endpoints.assignment());
    }
    return new Discovery.Dns(
        endpoints,
        switch (dns.getDnsLookupFamily()) {
          case V4_ONLY -> LookupFamily.V4_ONLY;
          case V6_ONLY -> LookupFamily.V6_ONLY;
          case V4_PREFERRED -> LookupFamily.V4_PREFERRED;
          case ALL -> LookupFamily.ALL;
          case AUTO, UNSPECIFIED, UNRECOGNIZED -> LookupFamily.AUTO;
        },
        resolver,
        refresh,
        !cluster.hasWaitForWarmOnInit() || cluster.getWaitForWarmOnInit().getValue());
  }

  private ClusterLoadAssignment assignment(boolean logical) throws ConfigException {
    ClusterLoadAssignment.Builder assignment = cluster.getLoadAssignment().toBuilder();
    if (logical
        && (assignment.getEndpointsCount() != 1
            || assignment.getEndpoints(0).getLbEndpointsCount() != 1)) {
      throw new ConfigException(
          cluster.hasLoadAssignment()
              ? "LOGICAL_DNS clusters must have a single locality_lb_endpoint and a single"
                  + " lb_endpoint"
              : "LOGICAL_DNS clusters must have a single host");
    }
    for (LocalityLbEndpoints.Builder place : assignment.getEndpointsBuilderList()) {
      for (LbEndpoint.Builder endpoint : place.getLbEndpointsBuilderList()) {
        check(endpoint, logical);
      }
      if (logical) {
        place.setPriority(0);
      }
    }
    return assignment.build();
  }

  private void check(LbEndpoint.Builder endpoint, boolean logical) throws ConfigException {
    SocketAddress address = endpoint.getEndpoint().getAddress().getSocketAddress();
    if (!address.getResolverName().isEmpty()) {
      throw new ConfigException(
          (logical ? "LOGICAL" : "STRICT")
              + "_DNS clusters must NOT have a custom resolver name set");
    }
    if (!address.getNamedPort().isEmpty()) {
      throw new ConfigException(
          path
              + ".load_assignment: the port of '"
              + address.getAddress()
              + "' must be a number, not a name");
    }
    if (endpoint.getEndpoint().getAdditionalAddressesCount() > 0) {
      warnings.add(
          path
              + ".load_assignment: the additional_addresses of '"
              + address.getAddress()
              + "' are ignored: they are for endpoints that need no resolver");
      endpoint.getEndpointBuilder().clearAdditionalAddresses();
    }
  }

  private static RefreshRate refreshRate(DnsCluster dns) throws ConfigException {
    Duration rate = dns.hasDnsRefreshRate() ? JavaDuration.of(dns.getDnsRefreshRate()) : REFRESH;
    Optional<FailureRate> failures = Optional.empty();
    if (dns.hasDnsFailureRefreshRate()) {
      DnsCluster.RefreshRate configured = dns.getDnsFailureRefreshRate();
      Duration base = JavaDuration.of(configured.getBaseInterval());
      Duration max =
          configured.hasMaxInterval()
              ? JavaDuration.of(configured.getMaxInterval())
              : base.multipliedBy(MAX_BY_BASE);
      if (max.compareTo(base) < 0) {
        throw new ConfigException(
            "dns_failure_refresh_rate must have max_interval greater than or equal to the"
                + " base_interval");
      }
      failures = Optional.of(new FailureRate(base, max));
    }
    return new RefreshRate(
        rate, failures, dns.getRespectDnsTtl(), JavaDuration.of(dns.getDnsJitter()));
  }
}
