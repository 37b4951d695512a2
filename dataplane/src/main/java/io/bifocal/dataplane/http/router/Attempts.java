package io.bifocal.dataplane.http.router;

import io.bifocal.dataplane.cluster.ServerNames;
import io.bifocal.dataplane.cluster.WorkerCluster;
import io.bifocal.dataplane.extension.DownstreamConnection;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.http.codec.HeaderNames;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.filter.LocalReply;
import io.bifocal.dataplane.http.route.ConnectConfig;
import io.bifocal.dataplane.http.route.RouteAction;
import io.bifocal.dataplane.pool.ConnectionPool;
import io.bifocal.dataplane.stream.StreamInfo;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.bifocal.dataplane.transport.TransportSocketOptions;
import io.bifocal.dataplane.transport.proxyprotocol.ProxyProtocolData;
import io.envoyproxy.envoy.config.core.v3.RoutingPriority;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/** Makes the tries of a request, one after the other, and tells both sides of their number. */
final class Attempts {
  private final WorkerCluster cluster;
  private final DownstreamStream downstream;
  private final RouteAction.Forward route;
  private final boolean suppressHeaders;
  private HostChoice hosts = HostChoice.ANY;
  private @Nullable TransportSocketOptions options;
  private int count;

  Attempts(
      WorkerCluster cluster,
      DownstreamStream downstream,
      RouteAction.Forward route,
      boolean suppressHeaders) {
    this.cluster = cluster;
    this.downstream = downstream;
    this.route = route;
    this.suppressHeaders = suppressHeaders;
  }

  /** From now on hosts are chosen by this; the request asks for the host that it is to ask for. */
  void chooseBy(HostChoice choice) {
    hosts = choice;
    ServerNames names = cluster.config().http().names();
    RequestHead head = downstream.request();
    options = names == null ? null : names.of(head.authority, head.headers);
  }

  /** How many there have been. */
  int count() {
    return count;
  }

  /** The next one, to be started; null when there is no host or no pool for it. */
  @Nullable UpstreamRequest next(RouterRequest router) {
    count++;
    RequestHead head = downstream.request();
    StreamInfo info = downstream.info();
    info.requestAttempts = count;
    if (count > 1) {
      tellUpstream(count);
    }
    Host host = hosts.next(cluster);
    if (host == null) {
      cluster.stats().cxNoneHealthy.inc();
      return null;
    }
    ConnectionPool pool = pool(host, router.connect);
    if (pool == null) {
      return null;
    }
    info.beginTry(host);
    hosts.taken(host);
    if (route.hostRewrite().isAuto() && !host.hostname().isEmpty()) {
      route.hostRewrite().replace(host.hostname(), head, info, !suppressHeaders);
    }
    return new UpstreamRequest(router, host, pool);
  }

  private @Nullable ConnectionPool pool(Host host, @Nullable ConnectConfig connect) {
    TransportSocketOptions wanted = options;
    if (cluster.tellsOfClients()) {
      ProxyProtocolData client = downstream.client();
      wanted = wanted == null ? TransportSocketOptions.ofClient(client) : wanted.of(client);
    }
    DownstreamConnection connection = downstream.connection();
    if (connection != null && cluster.config().connections().ofOneClient()) {
      TransportSocketOptions shared = wanted == null ? TransportSocketOptions.NONE : wanted;
      wanted = shared.ownedBy(connection.ownUpstreams());
    }
    if (connect != null) {
      return wanted == null ? cluster.tcpPool(host) : cluster.tcpPool(host, wanted);
    }
    return wanted == null
        ? cluster.httpPool(host, priority(route), spokenDownstream())
        : cluster.httpPool(host, priority(route), spokenDownstream(), wanted);
  }

  /** Tells the upstream which try it is. */
  void tellUpstream(int number) {
    if (route.attemptHeaders().inRequest()) {
      downstream.request().headers.set(HeaderNames.X_ENVOY_ATTEMPT_COUNT, number);
    }
  }

  static RoutingPriority priority(RouteAction.Forward route) {
    return route.highPriority() ? RoutingPriority.HIGH : RoutingPriority.DEFAULT;
  }

  private ApplicationProtocol spokenDownstream() {
    return spoken(downstream.info().protocol);
  }

  /** As a client speaks. */
  static ApplicationProtocol spoken(String protocol) {
    return switch (protocol) {
      case "HTTP/2" -> ApplicationProtocol.HTTP_2;
      case "HTTP/3" -> ApplicationProtocol.HTTP_3;
      default -> ApplicationProtocol.HTTP_1_1;
    };
  }

  /** Tells the upstream why there is a try after the first. */
  void tellOfRetry(boolean afterTimeout) {
    if (route.attemptHeaders().timeoutRetry()) {
      HttpHeaders headers = downstream.request().headers;
      headers.set(EnvoyHeaders.IS_TIMEOUT_RETRY, Boolean.toString(afterTimeout));
    }
  }

  /** Tells the client how many there were, and how it finds the same host again. */
  void tell(HttpHeaders answer) {
    if (route.attemptHeaders().inResponse()) {
      answer.set(HeaderNames.X_ENVOY_ATTEMPT_COUNT, count);
    }
    hosts.tell(answer);
  }

  /** The same for an answer that is made here. */
  LocalReply told(LocalReply reply) {
    return route.attemptHeaders().inResponse()
        ? reply.with(headers -> headers.set(HeaderNames.X_ENVOY_ATTEMPT_COUNT, count))
        : reply;
  }
}
