package io.bifocal.dataplane.http;

import com.google.common.net.InetAddresses;
import com.google.protobuf.Any;
import io.bifocal.api.BootstrapReader;
import io.bifocal.api.ConfigException;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.extension.AccessLogFactory;
import io.bifocal.dataplane.extension.AccessLogs;
import io.bifocal.dataplane.extension.DownstreamConnection;
import io.bifocal.dataplane.extension.ExtensionConfigs;
import io.bifocal.dataplane.extension.ListenerContext;
import io.bifocal.dataplane.extension.NetworkFilter;
import io.bifocal.dataplane.extension.Registry;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.http.filter.FilterChainReader;
import io.bifocal.dataplane.http.filter.HttpFilters;
import io.bifocal.dataplane.http.filter.buffer.BufferFactory;
import io.bifocal.dataplane.http.filter.headermutation.HeaderMutationFactory;
import io.bifocal.dataplane.http.filter.ondemand.OnDemandFactory;
import io.bifocal.dataplane.http.route.RouteContext;
import io.bifocal.dataplane.init.InitManager;
import io.bifocal.dataplane.ondemand.OnDemandNames;
import io.bifocal.dataplane.pool.CircuitBreakers;
import io.bifocal.dataplane.runtime.ScriptedRuntime;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.stream.StreamInfo;
import io.bifocal.dataplane.worker.Transport;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.dataplane.worker.Workers;
import io.bifocal.xds.SubscriptionObserver;
import io.bifocal.xds.testing.ScriptedSubscriptions;
import io.bifocal.xds.time.Loop;
import io.bifocal.xds.time.ThreadLoop;
import io.bifocal.xds.time.VirtualTime;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A connection manager on a real listening socket, with one worker. */
final class HttpBench {
  final StatsStore stats = new StatsStore(1);
  final Workers workers = Workers.start(1, Transport.best());
  final Worker worker = workers.get(0);
  final FakeClusters clusters = new FakeClusters(worker, stats);
  final ScriptedSubscriptions xds = new ScriptedSubscriptions();
  final BlockingQueue<StreamInfo> logged = new LinkedBlockingQueue<>();
  final Loop control;
  final InitManager init = new InitManager("listener");
  final OnDemandNames clusterNames = new OnDemandNames(10, () -> {}, () -> {});
  final HttpConnectionManagerFactory factory;
  final ScriptedRuntime runtime = new ScriptedRuntime();
  final HttpFilters filters =
      new HttpFilters().register(new HeaderMutationFactory()).register(new BufferFactory());
  private final List<AutoCloseable> owned = new ArrayList<>();
  private @Nullable Channel listening;
  private @Nullable NetworkFilter filter;

  HttpBench() {
    this(new VirtualTime());
  }

  /** With a control loop of its own thread, for what workers and control loop do together. */
  static HttpBench withControlThread() {
    ThreadLoop control = ThreadLoop.start("control");
    HttpBench bench = new HttpBench(control);
    bench.owned.add(control);
    return bench;
  }

  private HttpBench(Loop control) {
    this.control = control;
    Registry<AccessLogFactory> logs = new Registry<>();
    logs.register("type.googleapis.com/google.protobuf.Empty", any -> stream -> logged.add(stream));
    filters.register(
        new OnDemandFactory(
            (source, cluster, patience) -> clusterNames.question(cluster, patience), control));
    factory =
        new HttpConnectionManagerFactory(
            xds,
            w -> clusters,
            new AccessLogs(logs, runtime),
            Node.newBuilder().setId("a-node").setCluster("a-cluster").build(),
            stats,
            scope -> SubscriptionObserver.NONE,
            new RouteContext("up"::equals, runtime, filters::routeConfig),
            new FilterChainReader(filters, new ExtensionConfigs(xds, stats, control), runtime),
            control);
  }

  /** A manager whose only virtual host has {@code routes} (YAML, a list in brackets). */
  static HttpConnectionManager manager(String routes) throws ConfigException {
    return manager(routes, "");
  }

  static HttpConnectionManager manager(String routes, String more) throws ConfigException {
    return read(text(routes, more));
  }

  /** The same as text, for whoever wants to change it. */
  static String text(String routes, String more) {
    return """
        stat_prefix: p
        access_log:
        - name: test
          typed_config: {"@type": type.googleapis.com/google.protobuf.Empty}
        http_filters:
        - name: router
          typed_config:
            "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
        route_config:
          name: r
          validate_clusters: false
          virtual_hosts:
          - name: all
            domains: ["*"]
            routes: %s
        %s
        """
        .formatted(routes, more);
  }

  // The reader reads bootstraps, and so this one comes in one.
  static HttpConnectionManager read(String manager) throws ConfigException {
    String bootstrap =
        """
        static_resources:
          listeners:
          - name: l
            filter_chains:
            - filters:
              - name: hcm
                typed_config:
                  "@type": type.googleapis.com/%s
        """
                .formatted(HttpConnectionManager.getDescriptor().getFullName())
            + manager.indent(10);
    Any any =
        new BootstrapReader(false)
            .readYaml(bootstrap, "test")
            .getStaticResources()
            .getListeners(0)
            .getFilterChains(0)
            .getFilters(0)
            .getTypedConfig();
    return Unpack.as(HttpConnectionManager.getDefaultInstance(), any);
  }

  HttpBench serve(HttpConnectionManager config) throws Exception {
    return serve(config, InetAddresses.forString("127.0.0.1"));
  }

  HttpBench serve(HttpConnectionManager config, InetAddress address) throws Exception {
    NetworkFilter made = make(config, init);
    filter = made;
    listening =
        new ServerBootstrap()
            .group(worker.eventLoop())
            .channel(workers.transport().tcpServer())
            .childOption(ChannelOption.AUTO_READ, false)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel
                        .eventLoop()
                        .execute(
                            () ->
                                made.onConnection(
                                    channel,
                                    worker,
                                    new DownstreamConnection(
                                        accepted(channel), false, 256 * 1024)));
                  }
                })
            .bind(address, 0)
            .sync()
            .channel();
    return this;
  }

  NetworkFilter make(HttpConnectionManager config, InitManager waiting) throws Exception {
    ListenerContext context =
        new ListenerContext("l", stats.root().scope("listener"), waiting, false);
    return onControl(() -> factory.create(Any.pack(config), context));
  }

  /** Runs it on the control loop, and waits. */
  <T> T onControl(Callable<T> task) throws Exception {
    if (control.inLoop()) {
      return task.call();
    }
    FutureTask<T> future = new FutureTask<>(task);
    control.execute(future);
    try {
      return future.get(10, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }

  NetworkFilter filter() {
    NetworkFilter made = filter;
    if (made == null) {
      throw new IllegalStateException("not serving");
    }
    return made;
  }

  /** A cluster called {@code up} that does what {@code script} says, on the loopback of IPv4. */
  ScriptedUpstream upstream(ScriptedUpstream.Script script) throws Exception {
    return upstream(script, InetAddresses.forString("127.0.0.1"));
  }

  ScriptedUpstream upstream(ScriptedUpstream.Script script, InetAddress address) throws Exception {
    ScriptedUpstream upstream = new ScriptedUpstream(address, script);
    owned.add(upstream);
    cluster("up", upstream.address(), CircuitBreakers.defaults());
    return upstream;
  }

  void cluster(String name, @Nullable InetSocketAddress address, CircuitBreakers breakers)
      throws InterruptedException {
    onWorker(() -> clusters.add(name, address, breakers));
  }

  void onWorker(Runnable task) throws InterruptedException {
    CountDownLatch done = new CountDownLatch(1);
    worker
        .loop()
        .execute(
            () -> {
              task.run();
              done.countDown();
            });
    done.await();
  }

  ScriptedUpstream.Peer client() throws IOException {
    Channel channel = listening;
    if (channel == null) {
      throw new IllegalStateException("not serving");
    }
    InetSocketAddress address = (InetSocketAddress) channel.localAddress();
    Socket socket = new Socket(address.getAddress(), address.getPort());
    socket.setSoTimeout(20_000);
    owned.add(socket);
    return new ScriptedUpstream.Peer(socket);
  }

  /** One request on a connection of its own, and its whole answer. */
  String ask(String request) throws IOException {
    ScriptedUpstream.Peer client = client();
    client.send(request);
    return client.message();
  }

  long counter(String name) {
    return stats.counters().stream()
        .filter(counter -> counter.name().full().equals(name))
        .mapToLong(counter -> counter.value())
        .sum();
  }

  long gauge(String name) {
    return stats.gauges().stream()
        .filter(gauge -> gauge.name().full().equals(name))
        .mapToLong(gauge -> gauge.value())
        .sum();
  }

  void close() throws Exception {
    if (listening != null) {
      listening.close().sync();
    }
    for (AutoCloseable each : owned) {
      each.close();
    }
    workers.close();
  }

  private static StreamInfo accepted(Channel channel) {
    StreamInfo info = new StreamInfo();
    info.connectionId = 1;
    info.downstreamRemote = Address.of(channel.remoteAddress());
    info.downstreamLocal = Address.of(channel.localAddress());
    return info;
  }
}
