package io.bifocal.dataplane.http.route;

import com.google.re2j.Pattern;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.netty.util.AsciiString;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is to be done with a request. */
public sealed interface RouteAction {

  /**
   * Send it to a cluster.
   *
   * @param pathRewrite {@code regex_rewrite}
   * @param autoHostRewrite whether the chosen host's name becomes the authority
   * @param timeout until the answer is whole; zero for none
   * @param idleTimeout of the stream, instead of the connection manager's; null to keep that
   * @param notFoundStatus what a missing cluster is answered with
   */
  record Forward(
      ClusterChoice cluster,
      @Nullable String prefixRewrite,
      @Nullable PathRewrite pathRewrite,
      @Nullable String hostRewrite,
      boolean autoHostRewrite,
      Duration timeout,
      @Nullable Duration idleTimeout,
      int notFoundStatus,
      @Nullable RetryPolicy retry)
      implements RouteAction {}

  /** Replaces what matches in the path, which leaves the query alone. */
  record PathRewrite(Pattern pattern, String replacement) {
    /** The path and query as the upstream is to see them. */
    public String apply(RequestHead head) {
      int end = head.pathEnd();
      String path = pattern.matcher(head.path.substring(0, end)).replaceAll(replacement);
      return path.concat(head.path.substring(end));
    }
  }

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
