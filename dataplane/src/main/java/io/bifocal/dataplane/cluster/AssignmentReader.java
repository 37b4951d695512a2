package io.bifocal.dataplane.cluster;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostSet;
import io.bifocal.dataplane.host.HostState;
import io.bifocal.dataplane.host.Locality;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.envoyproxy.envoy.config.cluster.v3.UpstreamConnectionOptions.HappyEyeballsConfig;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.Endpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * From an assignment to hosts. Addresses are literals; of endpoints with one primary address the
 * first counts, across all localities and priorities, as in Envoy.
 */
final class AssignmentReader {
  private static final int DEFAULT_OVERPROVISIONING = 140;

  private final HappyEyeballsConfig sorting;
  private final HostIdentity identity;
  private final Function<Address, HostState> newHosts;
  private final Consumer<String> warnings;
  private final RuntimeReader runtime;
  private Set<String> told = Set.of();

  /**
   * @param sorting how each host's addresses are ordered
   * @param identity which endpoints stay the hosts that they were
   * @param newHosts makes the lasting part of a host that was not there before
   * @param warnings hears of what is accepted without effect
   * @param runtime may limit how many requests are dropped
   */
  AssignmentReader(
      HappyEyeballsConfig sorting,
      HostIdentity identity,
      Function<Address, HostState> newHosts,
      Consumer<String> warnings,
      RuntimeReader runtime) {
    this.sorting = sorting;
    this.identity = identity;
    this.newHosts = newHosts;
    this.warnings = warnings;
    this.runtime = runtime;
  }

  /**
   * Reads; what of {@code previous} is unchanged is taken over as it is.
   *
   * @throws ConfigException in Envoy's words where it has any; nothing is changed then
   */
  Hosts read(ClusterLoadAssignment assignment, Hosts previous) throws ConfigException {
    String path = "assignment '" + assignment.getClusterName() + "'";
    Set<String> warned = new TreeSet<>();
    warned.addAll(ClusterFields.ASSIGNMENT.check(assignment, path));
    warned.addAll(ClusterFields.POLICY.check(assignment.getPolicy(), path + ".policy"));
    DropOverload drops = DropOverload.of(assignment.getPolicy(), runtime.snapshot());
    Map<Address, Host> hosts = new LinkedHashMap<>();
    List<List<Host>> priorities = new ArrayList<>();
    List<Map<Locality, Integer>> weights = new ArrayList<>();
    boolean weighted = false;
    for (int i = 0; i < assignment.getEndpointsCount(); i++) {
      LocalityLbEndpoints place = assignment.getEndpoints(i);
      String at = path + ".endpoints[" + i + "]";
      warned.addAll(ClusterFields.LOCALITY.check(place, at));
      while (priorities.size() <= place.getPriority()) {
        priorities.add(new ArrayList<>());
        weights.add(new HashMap<>());
      }
      List<Host> here = priorities.get(place.getPriority());
      Locality locality = locality(place);
      if (place.hasLocality() && place.hasLoadBalancingWeight()) {
        weighted = true;
        weights.get(place.getPriority()).put(locality, place.getLoadBalancingWeight().getValue());
      }
      EndpointReader reader = new EndpointReader(sorting, at, warned);
      for (LbEndpoint endpoint : place.getLbEndpointsList()) {
        Address primary = reader.primary(endpoint.getEndpoint());
        if (hosts.containsKey(primary)) {
          continue;
        }
        Host host = host(endpoint, primary, place, locality, reader, previous);
        hosts.put(primary, host);
        here.add(host);
      }
    }
    warned.stream().filter(w -> !told.contains(w)).forEach(warnings);
    told = warned;
    HostSet set =
        new HostSet(
            priorities,
            overprovisioning(assignment),
            assignment.getPolicy().getWeightedPriorityHealth(),
            weighted ? weights : List.of());
    return new Hosts(set, hosts, drops);
  }

  private Host host(
      LbEndpoint endpoint,
      Address primary,
      LocalityLbEndpoints place,
      Locality locality,
      EndpointReader reader,
      Hosts previous)
      throws ConfigException {
    Endpoint proto = endpoint.getEndpoint();
    @Nullable Host before = previous.byPrimary().get(primary);
    Host now =
        new Host(
            before == null ? newHosts.apply(primary) : before.state(),
            reader.addresses(proto, primary),
            proto.getHostname(),
            locality,
            place.getPriority(),
            endpoint.hasLoadBalancingWeight() ? endpoint.getLoadBalancingWeight().getValue() : 1,
            endpoint.getHealthStatus(),
            endpoint.getMetadata(),
            place.getMetadata(),
            reader.healthCheck(proto.getHealthCheckConfig(), primary),
            reader.proxy(endpoint.getMetadata(), place.getMetadata()));
    if (before == null) {
      return now;
    }
    if (!identity.isKept(before, now)) {
      return now.as(newHosts.apply(primary));
    }
    return before.equals(now) ? before : now;
  }

  static Locality locality(LocalityLbEndpoints place) {
    return place.hasLocality()
        ? new Locality(
            place.getLocality().getRegion(),
            place.getLocality().getZone(),
            place.getLocality().getSubZone())
        : Locality.NONE;
  }

  private static int overprovisioning(ClusterLoadAssignment assignment) {
    return assignment.getPolicy().hasOverprovisioningFactor()
        ? assignment.getPolicy().getOverprovisioningFactor().getValue()
        : DEFAULT_OVERPROVISIONING;
  }
}
