package io.bifocal.dataplane.cluster;

import io.bifocal.api.ConfigException;
import io.bifocal.api.IpLiterals;
import io.bifocal.dataplane.connect.AddressOrder;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.AddressList;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostSet;
import io.bifocal.dataplane.host.HostState;
import io.bifocal.dataplane.host.Locality;
import io.envoyproxy.envoy.config.cluster.v3.UpstreamConnectionOptions.HappyEyeballsConfig;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.Endpoint;
import io.envoyproxy.envoy.config.endpoint.v3.Endpoint.AdditionalAddress;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import java.util.ArrayList;
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
  private final Function<Address, HostState> newHosts;
  private final Consumer<String> warnings;
  private Set<String> told = Set.of();

  /**
   * @param sorting how each host's addresses are ordered
   * @param newHosts makes the lasting part of a host that was not there before
   * @param warnings hears of what is accepted without effect
   */
  AssignmentReader(
      HappyEyeballsConfig sorting,
      Function<Address, HostState> newHosts,
      Consumer<String> warnings) {
    this.sorting = sorting;
    this.newHosts = newHosts;
    this.warnings = warnings;
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
    Map<Address, Host> hosts = new LinkedHashMap<>();
    List<List<Host>> priorities = new ArrayList<>();
    for (int i = 0; i < assignment.getEndpointsCount(); i++) {
      LocalityLbEndpoints place = assignment.getEndpoints(i);
      String at = path + ".endpoints[" + i + "]";
      warned.addAll(ClusterFields.LOCALITY.check(place, at));
      while (priorities.size() <= place.getPriority()) {
        priorities.add(new ArrayList<>());
      }
      List<Host> here = priorities.get(place.getPriority());
      Locality locality = locality(place);
      for (LbEndpoint endpoint : place.getLbEndpointsList()) {
        if (endpoint.getEndpoint().hasHealthCheckConfig()) {
          warned.add(at + ".lb_endpoints[].endpoint.health_check_config: no health checks yet");
        }
        Address primary = address(endpoint.getEndpoint().getAddress());
        if (hosts.containsKey(primary)) {
          continue;
        }
        Host host = host(endpoint, primary, locality, place.getPriority(), previous);
        hosts.put(primary, host);
        here.add(host);
      }
    }
    warned.stream().filter(w -> !told.contains(w)).forEach(warnings);
    told = warned;
    return new Hosts(new HostSet(priorities, overprovisioning(assignment)), hosts);
  }

  private Host host(
      LbEndpoint endpoint, Address primary, Locality locality, int priority, Hosts previous)
      throws ConfigException {
    @Nullable Host before = previous.byPrimary().get(primary);
    Host now =
        new Host(
            before == null ? newHosts.apply(primary) : before.state(),
            addresses(endpoint.getEndpoint(), primary),
            endpoint.getEndpoint().getHostname(),
            locality,
            priority,
            endpoint.hasLoadBalancingWeight() ? endpoint.getLoadBalancingWeight().getValue() : 1,
            endpoint.getHealthStatus(),
            endpoint.getMetadata());
    return before != null && before.equals(now) ? before : now;
  }

  private AddressList addresses(Endpoint endpoint, Address primary) throws ConfigException {
    if (endpoint.getAdditionalAddressesCount() == 0) {
      List<Address> alone = List.of(primary);
      return new AddressList(alone, alone);
    }
    List<Address> arrived = new ArrayList<>();
    arrived.add(primary);
    for (AdditionalAddress more : endpoint.getAdditionalAddressesList()) {
      arrived.add(address(more.getAddress()));
    }
    return new AddressList(arrived, AddressOrder.sort(arrived, sorting));
  }

  private static Address address(io.envoyproxy.envoy.config.core.v3.Address proto)
      throws ConfigException {
    return switch (proto.getAddressCase()) {
      case SOCKET_ADDRESS -> socket(proto.getSocketAddress());
      case PIPE -> new Address.Pipe(proto.getPipe().getPath());
      case ENVOY_INTERNAL_ADDRESS ->
          throw new ConfigException(
              "internal listeners are not served: "
                  + proto.getEnvoyInternalAddress().getServerListenerName());
      case ADDRESS_NOT_SET -> throw new ConfigException("Address must be set");
    };
  }

  private static Address socket(SocketAddress proto) throws ConfigException {
    if (!proto.getResolverName().isEmpty()) {
      throw new ConfigException("Unknown address resolver: " + proto.getResolverName());
    }
    if (!proto.getNamedPort().isEmpty()) {
      throw new ConfigException("a port must be a number, not the name " + proto.getNamedPort());
    }
    if (!IpLiterals.isLiteral(proto.getAddress())) {
      throw new ConfigException(
          "malformed IP address: "
              + proto.getAddress()
              + ". Consider setting resolver_name or setting cluster type to 'STRICT_DNS' or"
              + " 'LOGICAL_DNS'");
    }
    return new Address.Ip(IpLiterals.parse(proto.getAddress()), proto.getPortValue());
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
