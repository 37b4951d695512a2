package io.bifocal.dataplane.cluster;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.JavaDuration;
import io.bifocal.api.MessageTypes;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.balance.LocalitySpread;
import io.bifocal.dataplane.balance.Policy;
import io.bifocal.dataplane.balance.Subsets;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.envoyproxy.envoy.config.cluster.v3.LoadBalancingPolicy;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.extensions.load_balancing_policies.client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin;
import io.envoyproxy.envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig;
import io.envoyproxy.envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest;
import io.envoyproxy.envoy.extensions.load_balancing_policies.maglev.v3.Maglev;
import io.envoyproxy.envoy.extensions.load_balancing_policies.random.v3.Random;
import io.envoyproxy.envoy.extensions.load_balancing_policies.ring_hash.v3.RingHash;
import io.envoyproxy.envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin;
import io.envoyproxy.envoy.extensions.load_balancing_policies.subset.v3.Subset;
import io.envoyproxy.envoy.extensions.load_balancing_policies.wrr_locality.v3.WrrLocality;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A policy by {@code Cluster.load_balancing_policy}, which takes the place of the older fields. */
final class TypedPolicyReader {
  private static final String POLICIES = "envoy.extensions.load_balancing_policies.";
  private static final Duration LEAST_UPDATE = Duration.ofMillis(100);

  private final String cluster;
  private final int panic;
  private final RuntimeReader runtime;
  private final List<String> warnings;

  TypedPolicyReader(String cluster, int panic, RuntimeReader runtime, List<String> warnings) {
    this.cluster = cluster;
    this.panic = panic;
    this.runtime = runtime;
    this.warnings = warnings;
  }

  // The first policy known here counts, so that a control plane can name a newer one before it.
  Balancing read(LoadBalancingPolicy policies, String path) throws ConfigException {
    List<String> names = new ArrayList<>();
    for (LoadBalancingPolicy.Policy policy : policies.getPoliciesList()) {
      TypedExtensionConfig extension = policy.getTypedExtensionConfig();
      Balancing known = read(extension.getTypedConfig(), path);
      if (known != null) {
        return known;
      }
      names.add(extension.getName());
    }
    throw new ConfigException(
        "Didn't find a registered load balancer factory with names from ["
            + String.join(", ", names)
            + "]");
  }

  private @Nullable Balancing read(Any config, String path) throws ConfigException {
    String type = config.getTypeUrl();
    return switch (MessageTypes.nameOf(type)) {
      case POLICIES + "round_robin.v3.RoundRobin" -> {
        RoundRobin round = Unpack.as(RoundRobin.getDefaultInstance(), config);
        warnings.addAll(ClusterFields.ROUND_ROBIN.check(round, path));
        yield with(
            new Policy.InTurn(
                SlowStarts.of(round.hasSlowStartConfig(), round.getSlowStartConfig(), runtime)),
            localities(round.getLocalityLbConfig(), path));
      }
      case POLICIES + "random.v3.Random" -> {
        Random random = Unpack.as(Random.getDefaultInstance(), config);
        warnings.addAll(ClusterFields.RANDOM.check(random, path));
        yield with(new Policy.AnyHost(), localities(random.getLocalityLbConfig(), path));
      }
      case POLICIES + "least_request.v3.LeastRequest" -> {
        LeastRequest least = Unpack.as(LeastRequest.getDefaultInstance(), config);
        warnings.addAll(ClusterFields.LEAST_REQUEST.check(least, path));
        yield with(leastRequest(least), localities(least.getLocalityLbConfig(), path));
      }
      case POLICIES + "ring_hash.v3.RingHash" -> {
        RingHash ring = Unpack.as(RingHash.getDefaultInstance(), config);
        warnings.addAll(ClusterFields.RING_HASH.check(ring, path));
        yield with(Hashes.ring(ring), weighted(ring.hasLocalityWeightedLbConfig()));
      }
      case POLICIES + "maglev.v3.Maglev" -> {
        Maglev maglev = Unpack.as(Maglev.getDefaultInstance(), config);
        warnings.addAll(ClusterFields.MAGLEV.check(maglev, path));
        yield with(Hashes.maglev(maglev), weighted(maglev.hasLocalityWeightedLbConfig()));
      }
      case POLICIES + "client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin" -> {
        ClientSideWeightedRoundRobin reported =
            Unpack.as(ClientSideWeightedRoundRobin.getDefaultInstance(), config);
        warnings.addAll(ClusterFields.BY_REPORTS.check(reported, path));
        yield with(byReports(reported), LocalitySpread.ZoneAware.DEFAULT);
      }
      case POLICIES + "wrr_locality.v3.WrrLocality" ->
          byLocality(Unpack.as(WrrLocality.getDefaultInstance(), config), path);
      case POLICIES + "subset.v3.Subset" -> {
        Subset subset = Unpack.as(Subset.getDefaultInstance(), config);
        Subsets subsets = new SubsetsReader(path, warnings).read(subset);
        Balancing within = read(subset.getSubsetLbPolicy(), path + ".subset_lb_policy");
        yield new Balancing(within.policy(), within.localities(), panic, subsets);
      }
      case POLICIES + "cluster_provided.v3.ClusterProvided" ->
          throw LbPolicyReader.nothingProvided(cluster);
      default -> null;
    };
  }

  private Balancing with(Policy policy, LocalitySpread localities) {
    return new Balancing(policy, localities, panic, null);
  }

  private Balancing byLocality(WrrLocality config, String path) throws ConfigException {
    ClusterFields.WRR_LOCALITY.check(config, path);
    for (LoadBalancingPolicy.Policy policy : config.getEndpointPickingPolicy().getPoliciesList()) {
      Balancing known =
          read(
              policy.getTypedExtensionConfig().getTypedConfig(), path + ".endpoint_picking_policy");
      if (known == null) {
        continue;
      }
      if (known.reports() == null) {
        throw new ConfigException(
            "Currently WrrLocalityLoadBalancer only supports ClientSideWeightedRoundRobinLoadBalancer"
                + " as its endpoint picking policy.");
      }
      return with(known.policy(), new LocalitySpread.Weighted());
    }
    throw new ConfigException("No supported endpoint picking policy.");
  }

  private static Policy byReports(ClientSideWeightedRoundRobin config) {
    Duration update =
        config.hasWeightUpdatePeriod()
            ? JavaDuration.of(config.getWeightUpdatePeriod())
            : Duration.ofSeconds(1);
    return new Policy.ByReports(
        config.hasBlackoutPeriod()
            ? JavaDuration.of(config.getBlackoutPeriod())
            : Duration.ofSeconds(10),
        config.hasWeightExpirationPeriod()
            ? JavaDuration.of(config.getWeightExpirationPeriod())
            : Duration.ofMinutes(3),
        update.compareTo(LEAST_UPDATE) < 0 ? LEAST_UPDATE : update,
        // Without one errors count for nothing, as with Envoy, whatever its documentation says.
        config.getErrorUtilizationPenalty().getValue(),
        config.getMetricNamesForComputingUtilizationList());
  }

  @SuppressWarnings("deprecation") // control planes still send the older field
  private Policy leastRequest(LeastRequest config) {
    return new Policy.LeastBusy(
        config.hasChoiceCount()
            ? config.getChoiceCount().getValue()
            : Policy.LeastBusy.DEFAULT.choices(),
        SlowStarts.number(config.hasActiveRequestBias(), config.getActiveRequestBias(), runtime),
        config.getEnableFullScan().getValue()
            || config.getSelectionMethod() == LeastRequest.SelectionMethod.FULL_SCAN,
        SlowStarts.of(config.hasSlowStartConfig(), config.getSlowStartConfig(), runtime));
  }

  private static LocalitySpread weighted(boolean set) {
    return set ? new LocalitySpread.Weighted() : LocalitySpread.ZoneAware.DEFAULT;
  }

  private LocalitySpread localities(LocalityLbConfig config, String path) throws ConfigException {
    if (config.hasLocalityWeightedLbConfig()) {
      return new LocalitySpread.Weighted();
    }
    LocalityLbConfig.ZoneAwareLbConfig zones = config.getZoneAwareLbConfig();
    warnings.addAll(
        ClusterFields.TYPED_ZONE_AWARE.check(
            zones, path + ".locality_lb_config.zone_aware_lb_config"));
    return new LocalitySpread.ZoneAware(
        zones.hasRoutingEnabled()
            ? (int) Math.round(zones.getRoutingEnabled().getValue())
            : LocalitySpread.ZoneAware.DEFAULT.enabledPercent(),
        zones.hasMinClusterSize()
            ? zones.getMinClusterSize().getValue()
            : LocalitySpread.ZoneAware.DEFAULT.minClusterSize(),
        zones.getFailTrafficOnPanic(),
        zones.getForceLocalityDirectRouting());
  }
}
