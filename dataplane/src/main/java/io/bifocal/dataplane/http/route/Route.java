package io.bifocal.dataplane.http.route;

import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.stream.RouteOrigin;
import io.bifocal.dataplane.stream.StreamInfo;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One entry of a virtual host: when it matches and what follows.
 *
 * @param requestChanges what to do to the request's headers, in order
 * @param responseChanges what to do to the answer's
 * @param filters what is said of HTTP filters, by their names
 * @param counts of its own requests ({@code stat_prefix}); null for none
 * @param virtualClusters of its virtual host; null for none
 * @param rateLimits what it and its virtual host say of limits; null for nothing
 * @param origin what it was made of; null when it was made up
 */
public record Route(
    String name,
    PathMatch path,
    List<Condition> conditions,
    RouteAction action,
    List<HeaderChanges> requestChanges,
    List<HeaderChanges> responseChanges,
    Map<String, FilterOverride> filters,
    @Nullable RequestCounts counts,
    @Nullable VirtualClusters virtualClusters,
    @Nullable RouteRateLimits rateLimits,
    @Nullable RouteOrigin origin) {

  public Route {
    conditions = List.copyOf(conditions);
    requestChanges = List.copyOf(requestChanges);
    responseChanges = List.copyOf(responseChanges);
    filters = Map.copyOf(filters);
  }

  /**
   * Whether it is for a request.
   *
   * @param pathEnd where the path to be looked at ends
   */
  boolean matches(RequestHead head, int pathEnd, StreamInfo info, long random) {
    if (head.path.isEmpty() && !(path instanceof PathMatch.Connect)) {
      return false;
    }
    if (!path.matches(head.path, pathEnd)) {
      return false;
    }
    for (int i = 0; i < conditions.size(); i++) {
      if (!conditions.get(i).holds(head, info, random)) {
        return false;
      }
    }
    return true;
  }

  /** With its cluster chosen for a request, if there is one to choose. */
  Route chosen(RequestHead head, StreamInfo info, long random) {
    return action instanceof RouteAction.Forward forward
        ? forward.cluster().choose(this, head, info, random)
        : this;
  }

  /** The cluster that it chooses; empty when it chooses none. */
  public String clusterName() {
    return action instanceof RouteAction.Forward forward ? forward.clusterName() : "";
  }

  /** Where its virtual host counts a request; null for nowhere. */
  public @Nullable RequestCounts virtualCluster(RequestHead head) {
    return virtualClusters == null ? null : virtualClusters.of(head);
  }

  /** The same to one cluster. */
  Route to(ClusterChoice cluster) {
    return new Route(
        name,
        path,
        conditions,
        ((RouteAction.Forward) action).to(cluster),
        requestChanges,
        responseChanges,
        filters,
        counts,
        virtualClusters,
        rateLimits,
        origin);
  }
}
