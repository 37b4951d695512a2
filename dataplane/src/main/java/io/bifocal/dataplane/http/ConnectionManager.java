package io.bifocal.dataplane.http;

import io.bifocal.dataplane.cluster.WorkerClusters;
import io.bifocal.dataplane.extension.DownstreamConnection;
import io.bifocal.dataplane.extension.ListenerContext;
import io.bifocal.dataplane.extension.NetworkFilter;
import io.bifocal.dataplane.http.codec.Http2ServerStats;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.filter.FilterChain;
import io.bifocal.dataplane.http.router.RouterSettings;
import io.bifocal.dataplane.http.router.RouterStats;
import io.bifocal.dataplane.http.router.RouterWorker;
import io.bifocal.dataplane.overload.Degree;
import io.bifocal.dataplane.overload.HeavyStreams;
import io.bifocal.dataplane.overload.Overload;
import io.bifocal.dataplane.overload.OverloadAction;
import io.bifocal.dataplane.overload.ReducedTimeouts;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.stream.AccessLog;
import io.bifocal.dataplane.worker.Worker;
import io.netty.channel.Channel;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One connection manager: what its connections on all workers have in common. */
final class ConnectionManager implements NetworkFilter {
  private final HttpSettings settings;
  private final RouterSettings router;
  private final RouteSource routes;
  private final FilterChain chain;
  // Null when there is nothing but the router, so that nobody asks further.
  private final @Nullable FilterChain filters;
  // Null when requests for other protocols have no filters of their own.
  private final @Nullable UpgradeChains upgradeChains;
  private final List<AccessLog> logs;
  private final Function<Worker, WorkerClusters> clusters;
  private final RuntimeReader runtime;
  private final Scope root;
  private final Scope scope;
  private final Scope listenerScope;
  private final Scope http2Scope;
  private final Map<Worker, HttpWorker> workers = new ConcurrentHashMap<>();
  // Null where nothing is done about overload.
  private final @Nullable Degree refusing;
  private final @Nullable Degree shedding;
  private final @Nullable Degree endingConnections;
  private final @Nullable ReducedTimeouts timeouts;
  private final @Nullable HeavyStreams streams;
  private volatile boolean draining;

  ConnectionManager(
      HttpSettings settings,
      RouterSettings router,
      RouteSource routes,
      FilterChain chain,
      UpgradeChains upgradeChains,
      List<AccessLog> logs,
      Function<Worker, WorkerClusters> clusters,
      RuntimeReader runtime,
      Scope root,
      ListenerContext listener) {
    this.settings = settings;
    this.router = router;
    this.routes = routes;
    this.chain = chain;
    this.filters = chain.isEmpty() ? null : chain;
    this.upgradeChains = upgradeChains.byName().isEmpty() ? null : upgradeChains;
    this.logs = logs;
    this.clusters = clusters;
    this.runtime = runtime;
    this.root = root;
    this.scope = HttpStats.scope(root, settings.statPrefix());
    this.http2Scope = root.scope("http2");
    this.listenerScope = HttpStats.scope(listener.listenerScope(), settings.statPrefix());
    Overload overload = listener.overload();
    this.timeouts = overload.timeouts();
    this.streams = overload.streams();
    this.refusing = overload.degree(OverloadAction.STOP_ACCEPTING_REQUESTS);
    this.shedding = overload.degree(OverloadAction.HTTP_DECODE_HEADERS);
    this.endingConnections = overload.degree(OverloadAction.DISABLE_HTTP_KEEPALIVE);
  }

  HttpSettings settings() {
    return settings;
  }

  RouterSettings router() {
    return router;
  }

  RouteSource routes() {
    return routes;
  }

  /** What a request passes before the router; null for nothing. */
  @Nullable FilterChain filters(RequestHead head) {
    UpgradeChains own = upgradeChains;
    return own == null || head.upgrade == null ? filters : own.of(head.upgrade, filters);
  }

  /** Whether resources are so short that this request is not served. */
  boolean overloaded() {
    return (refusing != null && refusing.happens()) || (shedding != null && shedding.happens());
  }

  /** Whether resources are so short that this connection ends with its next answer. */
  boolean endsConnections() {
    return endingConnections != null && endingConnections.happens();
  }

  boolean draining() {
    return draining;
  }

  List<AccessLog> logs() {
    return logs;
  }

  @Override
  public void onConnection(Channel channel, Worker worker, DownstreamConnection connection) {
    worker.loop().assertInLoop();
    HttpWorker here = workers.get(worker);
    if (here == null) {
      here = on(worker);
      workers.put(worker, here);
    }
    new HttpConnection(this, here, connection).start(channel);
  }

  private HttpWorker on(Worker worker) {
    WorkerClusters own = clusters.apply(worker);
    HttpStats stats = new HttpStats(scope, listenerScope, worker.shard());
    return new HttpWorker(
        worker,
        own,
        stats,
        new Http2ServerStats(http2Scope, worker.shard()),
        new UnderscoreStats(root, worker.shard()),
        new RouterWorker(
            worker.loop(),
            own,
            router,
            new RouterStats(stats.resetAfterStart),
            worker.shard(),
            runtime),
        runtime,
        timeouts == null ? null : timeouts.on(worker),
        streams == null ? null : streams.on(worker));
  }

  @Override
  public boolean speaks(String alpn) {
    return settings.codec().speaks(alpn);
  }

  // The answers to come say that the connection ends. Connections without a request are left alone:
  // a
  // request may be on its way, and closing would lose it.
  @Override
  public void drain() {
    draining = true;
  }

  @Override
  public void close() {
    routes.close();
    chain.close();
    if (upgradeChains != null) {
      upgradeChains.close();
    }
    router.close();
  }
}
