package io.bifocal.dataplane.cluster;

import static java.util.Objects.requireNonNull;

import io.bifocal.dataplane.balance.LoadBalancerContext;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.AddressList;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostState;
import io.bifocal.dataplane.host.HostStats;
import io.bifocal.dataplane.host.Locality;
import io.bifocal.dataplane.pool.CircuitBreakers;
import io.bifocal.dataplane.pool.ConnectionPool;
import io.bifocal.dataplane.pool.UpstreamStats;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.bifocal.dataplane.transport.TransportSocketOptions;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.core.v3.RoutingPriority;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A cluster of one host with one pool, whatever its connections are for.
 *
 * @param pool null where there is no host
 */
public record OneHost(
    ClusterConfig config,
    UpstreamStats stats,
    CircuitBreakers limits,
    @Nullable Host host,
    @Nullable ConnectionPool pool)
    implements WorkerCluster {

  /** What is configured of such a cluster. */
  public static ClusterConfig named(String name, Duration connectTimeout, int bufferLimit) {
    return new ClusterConfig(
        name,
        name,
        connectTimeout,
        bufferLimit,
        Duration.ofHours(1),
        0,
        Cluster.newBuilder().setName(name).build());
  }

  /** A host, which counts in this scope. */
  public static Host at(Address address, Scope scope) {
    return new Host(
        new HostState(address, HostStats.in(scope)),
        new AddressList(List.of(address), List.of(address)),
        "",
        Locality.NONE,
        0,
        1,
        HealthStatus.UNKNOWN,
        Metadata.getDefaultInstance());
  }

  @Override
  public @Nullable Host chooseHost(LoadBalancerContext context) {
    return host;
  }

  @Override
  public CircuitBreakers breakers(RoutingPriority priority) {
    return limits;
  }

  @Override
  public ConnectionPool httpPool(
      Host wanted, RoutingPriority priority, ApplicationProtocol downstream) {
    return requireNonNull(pool);
  }

  @Override
  public ConnectionPool http2Pool(Host wanted, @Nullable TransportSocketOptions options) {
    return requireNonNull(pool);
  }

  @Override
  public ConnectionPool tcpPool(Host wanted) {
    return requireNonNull(pool);
  }
}
