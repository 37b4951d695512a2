package io.bifocal.dataplane.http.router;

import io.bifocal.dataplane.balance.LoadBalancerContext;
import io.bifocal.dataplane.balance.MetadataCriteria;
import io.bifocal.dataplane.cluster.Balancing;
import io.bifocal.dataplane.cluster.OriginalDestination;
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
  @SuppressWarnings("ReferenceEquality") // the one context that says nothing
  static HostChoice of(
      WorkerCluster cluster,
      RouteAction.Forward route,
      DownstreamStream downstream,
      boolean retried) {
    Balancing balancing = cluster.config().balancing();
    HashPolicy hashed = balancing.hash() == null ? null : route.hashPolicy();
    HashPolicy.Hash hash =
        hashed == null ? null : hashed.hash(downstream.request(), downstream.info(), true);
    RetryPolicy policy = retried ? route.retry() : null;
    TriedHosts tried = policy != null && TriedHosts.matters(policy) ? new TriedHosts(policy) : null;
    LoadBalancerContext context =
        hash == null ? LoadBalancerContext.NONE : LoadBalancerContext.of(hash.value());
    if (balancing.subsets() != null) {
      context = context.like(criteria(route, downstream));
    }
    if (cluster.config().discovery() instanceof OriginalDestination original) {
      context =
          context.to(
              original.find(downstream.request().headers, downstream.info(), cluster.stats()));
    }
    return tried == null && context == LoadBalancerContext.NONE
        ? ANY
        : new HostChoice(context, tried, hash == null ? List.of() : hash.cookies());
  }

  // What filters say of the request counts before what is said of its route.
  private static @Nullable MetadataCriteria criteria(
      RouteAction.Forward route, DownstreamStream downstream) {
    return MetadataCriteria.merged(
        route.criteria(), downstream.info().dynamicMetadata.get(MetadataCriteria.NAMESPACE));
  }

  /** The host for the next try; null when none can be had. */
  @Nullable Host next(WorkerCluster cluster) {
    return cluster.chooseHost(tried == null || !tried.any() ? context : context.again(tried));
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
