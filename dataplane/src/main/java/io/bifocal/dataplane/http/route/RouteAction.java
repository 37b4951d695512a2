package io.bifocal.dataplane.http.route;

import io.netty.util.AsciiString;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is to be done with a request. */
public sealed interface RouteAction {

  /**
   * Send it to a cluster.
   *
   * @param timeout until the answer is whole; zero for none
   * @param idleTimeout of the stream, instead of the connection manager's; null to keep that
   * @param notFoundStatus what a missing cluster is answered with
   */
  record Forward(
      ClusterChoice cluster,
      @Nullable String prefixRewrite,
      @Nullable String hostRewrite,
      Duration timeout,
      @Nullable Duration idleTimeout,
      int notFoundStatus,
      @Nullable RetryPolicy retry)
      implements RouteAction {}

  /** Answer it here. */
  record DirectResponse(int status, String body) implements RouteAction {}

  /**
   * Send the client elsewhere; null keeps what the request has.
   *
   * @param port 0 to keep
   */
  record Redirect(
      int status,
      @Nullable String scheme,
      @Nullable String host,
      int port,
      @Nullable String path,
      @Nullable String prefixRewrite,
      boolean stripQuery)
      implements RouteAction {}

  /** Which cluster. */
  sealed interface ClusterChoice {}

  /** This one. */
  record Named(String name) implements ClusterChoice {}

  /** The one that a header names. */
  record InHeader(AsciiString header) implements ClusterChoice {}

  /** One of several by chance. */
  record Weighted(List<Weight> clusters, long total) implements ClusterChoice {
    public Weighted {
      clusters = List.copyOf(clusters);
    }

    /** The one that a number without bias falls on. */
    public Weight choose(long random) {
      long at = random % total;
      for (int i = 0; i < clusters.size(); i++) {
        Weight candidate = clusters.get(i);
        if (at < candidate.weight) {
          return candidate;
        }
        at -= candidate.weight;
      }
      throw new IllegalStateException("weights do not add up");
    }
  }

  /** A cluster with its share. */
  record Weight(
      String name,
      long weight,
      @Nullable String hostRewrite,
      HeaderChanges request,
      HeaderChanges response) {}
}
