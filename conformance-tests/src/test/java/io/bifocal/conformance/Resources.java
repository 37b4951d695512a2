package io.bifocal.conformance;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.protobuf.Message;
import io.envoyproxy.envoy.config.accesslog.v3.AccessLog;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.AggregatedConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiVersion;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.core.v3.SubstitutionFormatString;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.Endpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.extensions.access_loggers.file.v3.FileAccessLog;
import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.Rds;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Arrays;

/** The resources that the suites push, at their smallest. */
public final class Resources {
  private static final Duration CONNECT_TIMEOUT = seconds(5);

  private Resources() {}

  /** A cluster whose endpoints come by EDS over ADS, under its own name. */
  public static Cluster edsCluster(String name) {
    return edsCluster(name, ads());
  }

  /** The same from another source. */
  public static Cluster edsCluster(String name, ConfigSource source) {
    return Cluster.newBuilder()
        .setName(name)
        .setConnectTimeout(CONNECT_TIMEOUT)
        .setType(Cluster.DiscoveryType.EDS)
        .setEdsClusterConfig(Cluster.EdsClusterConfig.newBuilder().setEdsConfig(source))
        .build();
  }

  /**
   * A cluster with one endpoint of these addresses: the first is its address, the others are
   * additional ones.
   */
  public static Cluster staticCluster(String name, InetSocketAddress... addresses) {
    return Cluster.newBuilder()
        .setName(name)
        .setConnectTimeout(CONNECT_TIMEOUT)
        .setType(Cluster.DiscoveryType.STATIC)
        .setLoadAssignment(assignment(name, addresses))
        .build();
  }

  /**
   * A cluster that both subjects refuse alone, not with its neighbours: STATIC, but its address is
   * a name.
   */
  public static Cluster badCluster(String name) {
    return Cluster.newBuilder()
        .setName(name)
        .setConnectTimeout(CONNECT_TIMEOUT)
        .setType(Cluster.DiscoveryType.STATIC)
        .setLoadAssignment(
            ClusterLoadAssignment.newBuilder()
                .setClusterName(name)
                .addEndpoints(
                    LocalityLbEndpoints.newBuilder()
                        .addLbEndpoints(
                            LbEndpoint.newBuilder()
                                .setEndpoint(
                                    Endpoint.newBuilder().setAddress(address("not.an.ip", 1))))))
        .build();
  }

  /** One endpoint of these addresses: the first is its address, the others are additional ones. */
  public static ClusterLoadAssignment assignment(String cluster, InetSocketAddress... addresses) {
    ClusterLoadAssignment.Builder assignment =
        ClusterLoadAssignment.newBuilder().setClusterName(cluster);
    if (addresses.length == 0) {
      return assignment.build();
    }
    Endpoint.Builder endpoint = Endpoint.newBuilder().setAddress(address(addresses[0]));
    Arrays.stream(addresses)
        .skip(1)
        .forEach(
            additional ->
                endpoint.addAdditionalAddresses(
                    Endpoint.AdditionalAddress.newBuilder().setAddress(address(additional))));
    return assignment
        .addEndpoints(
            LocalityLbEndpoints.newBuilder()
                .addLbEndpoints(LbEndpoint.newBuilder().setEndpoint(endpoint)))
        .build();
  }

  /** Everything goes to one cluster. */
  public static RouteConfiguration route(String name, String cluster) {
    return RouteConfiguration.newBuilder()
        .setName(name)
        .addVirtualHosts(
            VirtualHost.newBuilder()
                .setName("all")
                .addDomains("*")
                .addRoutes(
                    Route.newBuilder()
                        .setMatch(RouteMatch.newBuilder().setPrefix("/"))
                        .setRoute(RouteAction.newBuilder().setCluster(cluster))))
        .build();
  }

  /** An HTTP listener on an ephemeral port, its routes by RDS over ADS. */
  public static Listener listener(String name, String route) {
    return listener(name, route, ads());
  }

  /** The same, its routes from another source. */
  public static Listener listener(String name, String route, ConfigSource source) {
    return listener(name, byRds(route, source).build());
  }

  /** The same with a file access log in this format. */
  public static Listener listener(String name, String route, Path accessLog, String format) {
    FileAccessLog log =
        FileAccessLog.newBuilder()
            .setPath(accessLog.toString())
            .setLogFormat(
                SubstitutionFormatString.newBuilder()
                    .setTextFormatSource(DataSource.newBuilder().setInlineString(format)))
            .build();
    return listener(
        name,
        byRds(route, ads())
            .addAccessLog(AccessLog.newBuilder().setName("file").setTypedConfig(Any.pack(log)))
            .build());
  }

  private static HttpConnectionManager.Builder byRds(String route, ConfigSource source) {
    return HttpConnectionManager.newBuilder()
        .setStatPrefix("ingress")
        .setRds(Rds.newBuilder().setRouteConfigName(route).setConfigSource(source))
        .addHttpFilters(
            HttpFilter.newBuilder()
                .setName("envoy.filters.http.router")
                .setTypedConfig(Any.pack(Router.getDefaultInstance())));
  }

  private static Listener listener(String name, Message connectionManager) {
    return Listener.newBuilder()
        .setName(name)
        .setAddress(address("127.0.0.1", 0))
        .addFilterChains(
            FilterChain.newBuilder()
                .addFilters(
                    Filter.newBuilder()
                        .setName("envoy.filters.network.http_connection_manager")
                        .setTypedConfig(Any.pack(connectionManager))))
        .build();
  }

  /** A duration of whole seconds. */
  public static Duration seconds(long seconds) {
    return Duration.newBuilder().setSeconds(seconds).build();
  }

  /** The aggregated stream. */
  public static ConfigSource ads() {
    return ConfigSource.newBuilder()
        .setAds(AggregatedConfigSource.getDefaultInstance())
        .setResourceApiVersion(ApiVersion.V3)
        .build();
  }

  private static Address address(InetSocketAddress address) {
    return address(address.getAddress().getHostAddress(), address.getPort());
  }

  private static Address address(String ip, int port) {
    return Address.newBuilder()
        .setSocketAddress(SocketAddress.newBuilder().setAddress(ip).setPortValue(port))
        .build();
  }
}
