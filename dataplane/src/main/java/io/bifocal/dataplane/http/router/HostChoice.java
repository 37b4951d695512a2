package io.bifocal.dataplane.http.router;

import io.bifocal.dataplane.balance.LoadBalancerContext;
import io.bifocal.dataplane.cluster.WorkerCluster;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.http.route.HashPolicy;
import io.bifocal.dataplane.http.route.RetryPolicy;
import io.bifocal.dataplane.http.route.RouteAction;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * At which host a request is tried: what of the request counts in that, and what of the tries
 * before. Source: Envoy's {@code Router::Filter} as a {@code LoadBalancerContext}.
 */
final class HostChoice {
  /** Any host will do. */
  static final HostChoice ANY = new HostChoice(LoadBalancerContext.NONE, null, List.of());

  private final LoadBalancerContext context;
  // Null when the hosts tried before do not count.
  private final @Nullable TriedHosts tried;
  private final List<String> cookies;

  private HostChoice(
      LoadBalancerContext context, @Nullable TriedHosts tried, List<String> cookies) {
    this.context = context;
    this.tried = tried;
    this.cookies = cookies;
  }

  /**
   * How a request's hosts are chosen.
   *
   * @param retried whether there may be another try
   */
  static HostChoice of(
      WorkerCluster cluster,
      RouteAction.Forward route,
      DownstreamStream downstream,
      boolean retried) {
    HashPolicy hashed = cluster.config().balancing().hash() == null ? null : route.hashPolicy();
    HashPolicy.Hash hash =
        hashed == null ? null : hashed.hash(downstream.request(), downstream.info(), true);
    RetryPolicy policy = retried ? route.retry() : null;
    TriedHosts tried = policy != null && TriedHosts.matters(policy) ? new TriedHosts(policy) : null;
    if (hash == null) {
      return tried == null ? ANY : new HostChoice(LoadBalancerContext.NONE, tried, List.of());
    }
    return new HostChoice(LoadBalancerContext.of(hash.value()), tried, hash.cookies());
  }

  /** The host for the next try; null when none can be had. */
  @Nullable Host next(WorkerCluster cluster) {
    return tried == null ? cluster.chooseHost(context) : tried.choose(cluster, context);
  }

  /** A try goes there. */
  void taken(Host host) {
    if (tried != null) {
      tried.add(host);
    }
  }

  /** Tells the client by which cookies its next requests find the same host. */
  void tell(HttpHeaders answer) {
    for (int i = 0; i < cookies.size(); i++) {
      answer.add(HttpHeaderNames.SET_COOKIE, cookies.get(i));
    }
  }
}
