package io.bifocal.dataplane.http;

import io.bifocal.dataplane.cluster.WorkerCluster;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.filter.LocalReply;
import io.bifocal.dataplane.http.route.RequestCounts;
import io.bifocal.dataplane.http.route.Route;
import io.bifocal.dataplane.http.route.RouteAction;
import io.bifocal.dataplane.http.route.Timeouts;
import io.bifocal.dataplane.http.router.RouterRequest;
import io.bifocal.dataplane.http.router.RouterSettings;
import io.bifocal.dataplane.http.router.StreamDurations;
import io.bifocal.dataplane.http.router.StrictHeaders;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.bifocal.dataplane.stream.StreamInfo;
import org.jspecify.annotations.Nullable;

/**
 * The last of a connection's filters: does what a request's route says. Source: Envoy's {@code
 * Router::Filter::decodeHeaders}.
 */
final class RouterFilter {
  private final HttpConnection connection;

  RouterFilter(HttpConnection connection) {
    this.connection = connection;
  }

  /**
   * Answers a request, or makes what asks an upstream.
   *
   * @param end whether there is no body
   * @return what is to be started; null when there is an answer
   */
  @Nullable RouterRequest decodeHead(Exchange exchange, Response response, boolean end) {
    HttpStats stats = connection.stats;
    stats.routed.inc();
    Route found = exchange.route();
    if (found == null) {
      stats.noRoute.inc();
      if (exchange.request().path.isEmpty()) {
        // What would follow is a tunnel's payload.
        response.closeAfterwards();
      }
      response.localReply(StreamReplies.NO_ROUTE);
      return null;
    }
    RouteAction action = found.action();
    if (action instanceof RouteAction.Forward forward) {
      return forward(forward, found, exchange, response, end);
    }
    if (action instanceof RouteAction.DirectResponse direct) {
      stats.directResponse.inc();
      LocalAnswer.direct(response, direct);
    } else if (action instanceof RouteAction.Redirect redirect) {
      stats.directResponse.inc();
      LocalAnswer.redirect(response, redirect, found);
    }
    return null;
  }

  private @Nullable RouterRequest forward(
      RouteAction.Forward forward, Route found, Exchange exchange, Response response, boolean end) {
    RequestHead head = exchange.request();
    StreamInfo info = exchange.info;
    WorkerCluster cluster = connection.here.clusters.find(forward.clusterName());
    if (cluster == null) {
      connection.stats.noCluster.inc();
      response.localReply(
          new LocalReply(
              forward.notFoundStatus(), "", ResponseFlag.NO_CLUSTER_FOUND, "cluster_not_found"));
      return null;
    }
    info.upstreamCluster = cluster.config().observabilityName();
    info.cluster = cluster.config().proto();
    Timeouts timeouts = forward.timeouts();
    if (timeouts.idle() != null) {
      exchange.deadlines().idle(timeouts.idle().toNanos());
    }
    RouterSettings settings = connection.manager.router();
    if (!settings.strictHeaders().isEmpty()) {
      LocalReply refusal = StrictHeaders.refusal(settings.strictHeaders(), head.headers);
      if (refusal != null) {
        response.localReply(refusal);
        return null;
      }
    }
    if (timeouts.stream() != null || timeouts.grpc() != null) {
      long most = connection.settings.timeouts().streamDuration();
      exchange
          .deadlines()
          .duration(info.startNanos, StreamDurations.of(timeouts, head.headers, most));
    }
    RequestCounts virtualCluster = found.virtualCluster(head);
    if (virtualCluster != null) {
      info.virtualCluster = virtualCluster.name();
    }
    RouterRequest next =
        new RouterRequest(
            connection.here.router,
            cluster,
            response,
            forward,
            virtualCluster,
            found.counts(),
            end);
    RouteHeaders.finalizeRequest(found, forward, head, info, connection.settings);
    return next;
  }
}
