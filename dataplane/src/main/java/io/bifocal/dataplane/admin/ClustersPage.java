package io.bifocal.dataplane.admin;

import com.google.common.collect.Iterators;
import com.google.common.net.InetAddresses;
import com.google.re2j.Pattern;
import io.bifocal.api.JsonDump;
import io.bifocal.dataplane.cluster.ClusterStatusView;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.HealthFlag;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostStats;
import io.bifocal.dataplane.pool.CircuitBreakers;
import io.envoyproxy.envoy.admin.v3.ClusterStatus;
import io.envoyproxy.envoy.admin.v3.HostHealthStatus;
import io.envoyproxy.envoy.admin.v3.HostStatus;
import io.envoyproxy.envoy.admin.v3.SimpleMetric;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.Locality;
import io.envoyproxy.envoy.config.core.v3.Pipe;
import io.envoyproxy.envoy.config.core.v3.RoutingPriority;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code /clusters}: limits and hosts. As in Envoy a host shows its primary address alone. */
final class ClustersPage {
  private ClustersPage() {}

  static List<ClusterStatusView> matching(
      List<ClusterStatusView> clusters, @Nullable Pattern filter) {
    return filter == null
        ? clusters
        : clusters.stream().filter(c -> filter.matcher(c.config().name()).find()).toList();
  }

  /** Cluster by cluster: of ten thousand, the whole would be a hundred megabytes. */
  static Iterator<CharSequence> text(List<ClusterStatusView> clusters) {
    return Iterators.transform(clusters.iterator(), ClustersPage::text);
  }

  private static CharSequence text(ClusterStatusView cluster) {
    StringBuilder out = new StringBuilder();
    String name = cluster.config().name();
    line(out, name, "observability_name", cluster.config().observabilityName());
    limits(out, name + "::default_priority", cluster.breakers().normal());
    limits(out, name + "::high_priority", cluster.breakers().high());
    line(out, name, "added_via_api", cluster.addedViaApi());
    for (Host host : cluster.hosts().all()) {
      host(out, name + "::" + host.primary().text(), host);
    }
    return out;
  }

  private static void line(StringBuilder out, String subject, String key, Object value) {
    out.append(subject).append("::").append(key).append("::").append(value).append('\n');
  }

  private static void limits(StringBuilder out, String subject, CircuitBreakers breakers) {
    line(out, subject, "max_connections", limit(breakers.connections()));
    line(out, subject, "max_pending_requests", limit(breakers.pendingRequests()));
    line(out, subject, "max_requests", limit(breakers.requests()));
    line(out, subject, "max_retries", limit(breakers.retries()));
  }

  private static String limit(CircuitBreakers.Limit limit) {
    return Integer.toUnsignedString(limit.max());
  }

  private static void host(StringBuilder out, String subject, Host host) {
    HostStats counted = host.counted();
    Map<String, Long> numbers = new LinkedHashMap<>();
    numbers.put("cx_active", counted.cxActive().value());
    numbers.put("cx_connect_fail", counted.cxConnectFail().value());
    numbers.put("cx_total", counted.cxTotal().value());
    numbers.put("rq_active", counted.rqActive().value());
    numbers.put("rq_error", counted.rqError().value());
    numbers.put("rq_pending_active", 0L);
    numbers.put("rq_success", counted.rqSuccess().value());
    numbers.put("rq_timeout", counted.rqTimeout().value());
    numbers.put("rq_total", counted.rqTotal().value());
    numbers.forEach((key, value) -> line(out, subject, key, value));
    line(out, subject, "hostname", host.hostname());
    line(out, subject, "health_flags", flags(host));
    line(out, subject, "weight", host.weight());
    line(out, subject, "region", host.locality().region());
    line(out, subject, "zone", host.locality().zone());
    line(out, subject, "sub_zone", host.locality().subZone());
    line(out, subject, "canary", false);
    line(out, subject, "priority", host.priority());
    line(out, subject, "success_rate", -1);
    line(out, subject, "local_origin_success_rate", -1);
  }

  private static String flags(Host host) {
    StringBuilder flags = new StringBuilder();
    for (HealthFlag flag : HealthFlag.values()) {
      if (has(host, flag)) {
        flags.append(flag.text());
      }
    }
    return flags.isEmpty() ? "healthy" : flags.toString();
  }

  private static boolean has(Host host, HealthFlag flag) {
    return host.state().has(flag)
        || switch (flag) {
          case FAILED_EDS_HEALTH ->
              switch (host.edsHealth()) {
                case UNHEALTHY, DRAINING, TIMEOUT -> true;
                default -> false;
              };
          case DEGRADED_EDS_HEALTH -> host.edsHealth() == HealthStatus.DEGRADED;
          default -> false;
        };
  }

  /** Host by host, for the same reason. */
  static Iterator<String> json(List<ClusterStatusView> clusters) {
    return JsonDump.list(
        "cluster_statuses", Iterators.transform(clusters.iterator(), ClustersPage::status));
  }

  private static ClusterStatus status(ClusterStatusView cluster) {
    ClusterStatus.Builder status =
        ClusterStatus.newBuilder()
            .setName(cluster.config().name())
            .setObservabilityName(cluster.config().observabilityName())
            .setAddedViaApi(cluster.addedViaApi())
            .setCircuitBreakers(
                io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers.newBuilder()
                    .addThresholds(thresholds(RoutingPriority.DEFAULT, cluster.breakers().normal()))
                    .addThresholds(thresholds(RoutingPriority.HIGH, cluster.breakers().high())));
    if (cluster.config().proto().hasEdsClusterConfig()) {
      status.setEdsServiceName(cluster.config().proto().getEdsClusterConfig().getServiceName());
    }
    cluster.hosts().all().forEach(host -> status.addHostStatuses(status(host)));
    return status.build();
  }

  private static io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers.Thresholds thresholds(
      RoutingPriority priority, CircuitBreakers breakers) {
    var thresholds =
        io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers.Thresholds.newBuilder()
            .setPriority(priority);
    thresholds.getMaxConnectionsBuilder().setValue(breakers.connections().max());
    thresholds.getMaxPendingRequestsBuilder().setValue(breakers.pendingRequests().max());
    thresholds.getMaxRequestsBuilder().setValue(breakers.requests().max());
    thresholds.getMaxRetriesBuilder().setValue(breakers.retries().max());
    return thresholds.build();
  }

  private static HostStatus status(Host host) {
    HostStats counted = host.counted();
    HostHealthStatus.Builder health =
        HostHealthStatus.newBuilder()
            .setEdsHealthStatus(
                host.edsHealth() == HealthStatus.UNKNOWN ? HealthStatus.HEALTHY : host.edsHealth())
            .setFailedActiveHealthCheck(host.state().has(HealthFlag.FAILED_ACTIVE_HC))
            .setFailedOutlierCheck(host.state().has(HealthFlag.FAILED_OUTLIER_CHECK))
            .setFailedActiveDegradedCheck(host.state().has(HealthFlag.DEGRADED_ACTIVE_HC));
    return HostStatus.newBuilder()
        .setAddress(address(host.primary()))
        .addStats(counter("cx_connect_fail", counted.cxConnectFail().value()))
        .addStats(counter("cx_total", counted.cxTotal().value()))
        .addStats(counter("rq_error", counted.rqError().value()))
        .addStats(counter("rq_success", counted.rqSuccess().value()))
        .addStats(counter("rq_timeout", counted.rqTimeout().value()))
        .addStats(counter("rq_total", counted.rqTotal().value()))
        .addStats(gauge("cx_active", counted.cxActive().value()))
        .addStats(gauge("rq_active", counted.rqActive().value()))
        .addStats(gauge("rq_pending_active", 0))
        .setHealthStatus(health)
        .setWeight(host.weight())
        .setHostname(host.hostname())
        .setPriority(host.priority())
        .setLocality(
            Locality.newBuilder()
                .setRegion(host.locality().region())
                .setZone(host.locality().zone())
                .setSubZone(host.locality().subZone()))
        .build();
  }

  private static SimpleMetric counter(String name, long value) {
    return SimpleMetric.newBuilder().setName(name).setValue(value).build();
  }

  private static SimpleMetric gauge(String name, long value) {
    return SimpleMetric.newBuilder()
        .setType(SimpleMetric.Type.GAUGE)
        .setName(name)
        .setValue(value)
        .build();
  }

  static io.envoyproxy.envoy.config.core.v3.Address address(Address address) {
    var proto = io.envoyproxy.envoy.config.core.v3.Address.newBuilder();
    if (address instanceof Address.Ip ip) {
      proto.setSocketAddress(
          SocketAddress.newBuilder()
              .setAddress(InetAddresses.toAddrString(ip.ip()))
              .setPortValue(ip.port()));
    } else {
      proto.setPipe(Pipe.newBuilder().setPath(address.text()));
    }
    return proto.build();
  }
}
