package io.bifocal.dataplane.http.router;

import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.route.RetryHosts;
import io.bifocal.dataplane.http.route.RetryPolicy;
import io.bifocal.dataplane.http.route.RetryPolicy.Condition;
import io.bifocal.dataplane.http.route.RetryPolicy.RateLimitedBackOff;
import io.bifocal.dataplane.pool.UpstreamStats;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.xds.time.VirtualTime;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a request's decisions need around them, in virtual time. */
final class RouterBench {
  final VirtualTime time = new VirtualTime();
  private final Scope cluster = new StatsStore(1).root().scope("cluster");
  private final UpstreamStats stats = new UpstreamStats(cluster, 0);
  final HttpHeaders request = new DefaultHttpHeaders();

  RequestCharges charges() {
    StatsStore store = new StatsStore(1);
    RouterWorker here =
        new RouterWorker(
            time,
            name -> null,
            RouterSettings.DEFAULT,
            new RouterStats(store.root().counter("reset").at(0)),
            0,
            RuntimeReader.NONE);
    return new RequestCharges(
        stats, here, new MirroredRequest(head(), null, 1000, time), null, null);
  }

  /** What the cluster has counted. */
  long counted(String name) {
    return cluster.counter(name).value();
  }

  RequestHead head() {
    return new RequestHead("GET", "/", "a.example", true, request);
  }

  static RetryPolicy policy(int retries, Condition... on) {
    return policy(retries, null, List.of(), 0, on);
  }

  static RetryPolicy policy(
      int retries,
      @Nullable RateLimitedBackOff rateLimited,
      List<RetryHosts> hosts,
      int priority,
      Condition... on) {
    return new RetryPolicy(
        Set.of(on),
        Set.of(418),
        List.of(),
        List.of(),
        retries,
        Duration.ZERO,
        Duration.ZERO,
        new RetryPolicy.BackOff(Duration.ofMillis(10), Duration.ofMillis(40)),
        rateLimited,
        hosts,
        3,
        priority);
  }

  static HttpHeaders headers(String... namesAndValues) {
    HttpHeaders headers = new DefaultHttpHeaders();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      headers.add(namesAndValues[i], namesAndValues[i + 1]);
    }
    return headers;
  }
}
