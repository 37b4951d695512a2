package io.bifocal.dataplane.http.route;

import io.bifocal.dataplane.balance.MetadataCriteria;
import io.bifocal.dataplane.http.codec.RequestHead;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is to be done with a request. */
public sealed interface RouteAction {

  /**
   * Send it to a cluster.
   *
   * @param cluster which; of a route that was found for a request it is {@link ClusterChoice.Named}
   * @param notFoundStatus what a missing cluster is answered with
   * @param pathRewrite null to leave the path alone
   * @param hostRewrite what becomes the authority
   * @param mirrors who gets a copy
   * @param criteria what hosts must be like, in clusters with subsets; null for any
   * @param hashPolicy null when hosts are chosen without a hash
   * @param internalRedirects null when redirects are the client's
   * @param highPriority whether the circuit breakers of priority HIGH count
   * @param upgrades {@code upgrade_configs}: whether another protocol may be asked for, by its name
   *     in lower case; the connection manager decides on others
   * @param connect which tunnels end here; null for none
   * @param bufferLimit {@code per_request_buffer_limit_bytes}; the largest number when not set
   * @param cors what its field and its virtual host's say, the most specific last, as the filter
   *     reads it
   */
  record Forward(
      ClusterChoice cluster,
      int notFoundStatus,
      @Nullable PathRewrite pathRewrite,
      HostRewrite hostRewrite,
      Timeouts timeouts,
      @Nullable RetryPolicy retry,
      @Nullable Hedging hedging,
      List<Mirror> mirrors,
      @Nullable MetadataCriteria criteria,
      @Nullable HashPolicy hashPolicy,
      @Nullable InternalRedirects internalRedirects,
      boolean highPriority,
      AttemptHeaders attemptHeaders,
      Map<String, Boolean> upgrades,
      @Nullable ConnectConfig connect,
      long bufferLimit,
      List<Object> cors)
      implements RouteAction {
    public Forward {
      mirrors = List.copyOf(mirrors);
      upgrades = Map.copyOf(upgrades);
      cors = List.copyOf(cors);
    }

    /** Requests go to a cluster, and nothing else is said of them. */
    public static Forward of(ClusterChoice cluster, Timeouts timeouts) {
      return new Forward(
          cluster,
          503,
          null,
          new HostRewrite(null, false),
          timeouts,
          null,
          null,
          List.of(),
          null,
          null,
          null,
          false,
          AttemptHeaders.NONE,
          Map.of(),
          null,
          Long.MAX_VALUE,
          List.of());
    }

    /** The cluster's name, once the route has been found for a request. */
    public String clusterName() {
      if (cluster instanceof ClusterChoice.Named named) {
        return named.name();
      }
      throw new IllegalStateException("the cluster has not been chosen");
    }

    /** Until the answer is whole; zero for none. */
    public Duration timeout() {
      return timeouts.route();
    }

    Forward to(ClusterChoice chosen) {
      return new Forward(
          chosen,
          notFoundStatus,
          pathRewrite,
          hostRewrite,
          timeouts,
          retry,
          hedging,
          mirrors,
          criteria,
          hashPolicy,
          internalRedirects,
          highPriority,
          attemptHeaders,
          upgrades,
          connect,
          bufferLimit,
          cors);
    }

    /** The same to hosts like these. */
    Forward like(@Nullable MetadataCriteria wanted) {
      return new Forward(
          cluster,
          notFoundStatus,
          pathRewrite,
          hostRewrite,
          timeouts,
          retry,
          hedging,
          mirrors,
          wanted,
          hashPolicy,
          internalRedirects,
          highPriority,
          attemptHeaders,
          upgrades,
          connect,
          bufferLimit,
          cors);
    }
  }

  /** Answer it here. */
  record DirectResponse(int status, String body) implements RouteAction {}

  /** Send the client elsewhere. */
  record Redirect(int status, RedirectTarget target) implements RouteAction {
    /** Where {@code route} sends it. */
    public String location(Route route, RequestHead head) {
      return target.of(route.path(), head);
    }
  }
}
