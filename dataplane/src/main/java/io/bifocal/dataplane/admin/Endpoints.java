package io.bifocal.dataplane.admin;

import com.google.protobuf.util.Durations;
import com.google.re2j.Pattern;
import io.bifocal.api.ConfigException;
import io.bifocal.api.JsonDump;
import io.bifocal.dataplane.logging.LogLevels;
import io.bifocal.dataplane.stats.MemoryUse;
import io.bifocal.dataplane.stats.StatsStore;
import io.envoyproxy.envoy.admin.v3.Memory;
import io.envoyproxy.envoy.admin.v3.ServerInfo;
import io.envoyproxy.envoy.admin.v3.UnreadyTargetsDumps;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * All there is to ask, by path. What only the control loop knows is asked there; everything is
 * printed on the admin's own thread, so that a large dump delays no update.
 */
final class Endpoints {
  private final ControlLoop proxy;
  private final Executor printer;
  private final LoggingPage logging;
  private final Map<String, Endpoint> byPath = new TreeMap<>();

  Endpoints(ProxyView view, Executor printer, LogLevels levels) {
    this.proxy = new ControlLoop(view);
    this.printer = printer;
    this.logging = new LoggingPage(levels);
    pages();
    configuration();
    statistics();
    mutations();
  }

  /** The answer to a request, sooner or later; never fails for what was asked. */
  CompletableFuture<Answer> answer(Request request) {
    Endpoint endpoint = byPath.get(request.path());
    if (endpoint == null) {
      return now(Answer.error(404, "invalid path. " + HelpPage.text(byPath.values())));
    }
    if (endpoint.mutates() && !request.method().equals("POST")) {
      return now(
          Answer.error(405, "Method %s not allowed, POST required.".formatted(request.method())));
    }
    return endpoint.handler().answer(request);
  }

  Collection<Endpoint> all() {
    return byPath.values();
  }

  private static CompletableFuture<Answer> now(Answer answer) {
    return CompletableFuture.completedFuture(answer);
  }

  private void get(
      String path, String help, Endpoint.Handler handler, Endpoint.Parameter... parameters) {
    byPath.put(path, new Endpoint(path, help, java.util.List.of(parameters), false, handler));
  }

  private void post(
      String path, String help, Endpoint.Handler handler, Endpoint.Parameter... parameters) {
    byPath.put(path, new Endpoint(path, help, java.util.List.of(parameters), true, handler));
  }

  private void order(String path, String help, Consumer<ProxyView> order) {
    post(path, help, request -> proxy.tell(order));
  }

  private static Endpoint.Parameter parameter(String name, String help) {
    return new Endpoint.Parameter(name, help);
  }

  private void pages() {
    get("/", "Admin home page", r -> now(Answer.html(HelpPage.html(byPath.values()))));
    get(
        "/help",
        "print out list of admin commands",
        r -> now(Answer.text(HelpPage.text(byPath.values()))));
    get(
        "/ready",
        "print server state, return 200 if LIVE, otherwise return 503",
        r -> proxy.ask(ProxyView::state).thenApply(Endpoints::ready));
    get(
        "/server_info",
        "print server version/status information",
        r ->
            proxy
                .ask(Endpoints::info)
                .thenApplyAsync(i -> Answer.json(WithDefaults.print(i)), printer));
    get(
        "/hot_restart_version",
        "print the hot restart compatibility version",
        r -> now(Answer.text("disabled")));
    get("/memory", "print current allocation/heap usage", r -> now(memory()));
    get(
        "/certs",
        "print certs on machine",
        r -> proxy.ask(ProxyView::certificates).thenApply(c -> Answer.json(WithDefaults.print(c))));
    get(
        "/runtime",
        "print runtime values",
        r -> proxy.ask(ProxyView::runtime).thenApplyAsync(RuntimePage::print, printer));
    get(
        "/init_dump",
        "dump who is still waited for before the proxy is live",
        r -> proxy.ask(ProxyView::unready).thenApply(Endpoints::unready));
  }

  private void configuration() {
    get(
        "/config_dump",
        "dump current configuration",
        r ->
            proxy
                .ask(v -> v.configDump(r.has("include_eds")))
                .thenApplyAsync(sections -> ConfigDumpPage.answer(r, sections), printer),
        parameter("resource", "the list to dump, e.g. dynamic_active_clusters"),
        parameter("mask", "a field mask, for each section or for each element of the resource"),
        parameter("name_regex", "only resources whose whole name matches (RE2)"),
        parameter("include_eds", "endpoints too"));
    get(
        "/clusters",
        "upstream cluster status",
        this::clusters,
        parameter("filter", "only clusters in whose name this matches (RE2)"),
        parameter("format", "text or json"));
    get(
        "/listeners",
        "print listener info",
        r ->
            proxy
                .ask(ProxyView::listeners)
                .thenApply(
                    all ->
                        r.get("format").equals("json")
                            ? Answer.json(ListenersPage.json(all))
                            : Answer.text(ListenersPage.text(all))),
        parameter("format", "text or json"));
    get(
        "/races",
        "print the latest and the slowest races for upstream connections",
        r -> CompletableFuture.supplyAsync(() -> races(r), printer),
        parameter("cluster", "only those of this cluster"),
        parameter("limit", "how many of each at most, 20 unless given"),
        parameter("format", "text or json"));
  }

  private void statistics() {
    Endpoint.Parameter usedOnly = parameter("usedonly", "only statistics that were ever written");
    Endpoint.Parameter filter =
        parameter("filter", "only statistics in whose name this matches (RE2)");
    Endpoint.Parameter invert = parameter("invert_filter", "those that do not match instead");
    get(
        "/stats",
        "print server stats",
        r -> stats(r, r.get("format")),
        usedOnly,
        filter,
        invert,
        parameter("format", "text, json or prometheus"),
        parameter("type", "All, Counters, Gauges, Histograms or TextReadouts"),
        parameter("histogram_buckets", "cumulative, disjoint, detailed or summary"));
    get(
        "/stats/prometheus",
        "print server stats in prometheus format",
        r -> stats(r, "prometheus"),
        usedOnly,
        filter,
        invert,
        parameter("text_readouts", "texts too, as gauges of 0"));
  }

  private void mutations() {
    order("/quitquitquit", "exit the server", ProxyView::quit);
    order(
        "/healthcheck/fail",
        "cause the server to fail health checks",
        v -> v.failHealthCheck(true));
    order(
        "/healthcheck/ok", "cause the server to pass health checks", v -> v.failHealthCheck(false));
    order("/reset_counters", "reset all counters to zero", v -> v.stats().resetCounters());
    order("/reopen_logs", "reopen access logs", ProxyView::reopenLogs);
    post(
        "/drain_listeners",
        "drain listeners",
        r ->
            proxy.tell(
                v -> v.drainListeners(r.has("graceful"), r.has("inboundonly"), r.has("skip_exit"))),
        parameter("graceful", "ask connections to end over the drain time before closing"),
        parameter("inboundonly", "only listeners whose traffic_direction is inbound"),
        parameter("skip_exit", "ask connections to end, but go on accepting"));
    post(
        "/logging",
        "query/change logging levels",
        r -> now(logging.answer(r)),
        parameter("level", "the level for all loggers"),
        parameter("paths", "levels of several loggers, e.g. admin:debug,upstream:info"));
    post(
        "/runtime_modify",
        "add or modify runtime values",
        r -> proxy.ask(view -> RuntimePage.modify(view, r.parameters())));
  }

  private static Answer ready(ServerInfo.State state) {
    String text = state.name() + "\n";
    return state == ServerInfo.State.LIVE ? Answer.text(text) : Answer.error(503, text);
  }

  private static ServerInfo info(ProxyView view) {
    var uptime =
        Durations.fromSeconds(
            (view.controlLoop().nanoTime() - view.startedNanos()) / 1_000_000_000);
    return ServerInfo.newBuilder()
        .setVersion(view.version())
        .setState(view.state())
        .setUptimeCurrentEpoch(uptime)
        .setUptimeAllEpochs(uptime)
        .setHotRestartVersion("disabled")
        .setCommandLineOptions(view.commandLine())
        .setNode(view.node())
        .build();
  }

  private static Answer memory() {
    MemoryUse memory = MemoryUse.now();
    return Answer.json(
        WithDefaults.print(
            Memory.newBuilder()
                .setAllocated(memory.allocated())
                .setHeapSize(memory.heapSize())
                .setPageheapFree(memory.heapSize() - memory.heap())
                .setTotalThreadCache(memory.direct())
                .setTotalPhysicalBytes(memory.physical())
                .build()));
  }

  private static Answer unready(Set<String> targets) {
    UnreadyTargetsDumps.Builder dump = UnreadyTargetsDumps.newBuilder();
    if (!targets.isEmpty()) {
      dump.addUnreadyTargetsDumps(
          UnreadyTargetsDumps.UnreadyTargetsDump.newBuilder()
              .setName("init manager Server")
              .addAllTargetNames(targets));
    }
    return Answer.json(JsonDump.print(dump.build()));
  }

  private CompletableFuture<Answer> clusters(Request request) {
    Pattern filter;
    try {
      filter = request.pattern("filter");
    } catch (ConfigException e) {
      return now(Answer.error(400, "Invalid re2 regex"));
    }
    return proxy
        .ask(ProxyView::clusters)
        .thenApplyAsync(
            all -> {
              var wanted = ClustersPage.matching(all, filter);
              return request.get("format").equals("json")
                  ? Answer.json(ClustersPage.json(wanted))
                  : Answer.text(ClustersPage.text(wanted));
            },
            printer);
  }

  private Answer races(Request request) {
    ProxyView view = proxy.view();
    try {
      RacesPage page = RacesPage.of(view.races(), request, view.controlLoop().nanoTime());
      return request.get("format").equals("json")
          ? Answer.json(page.json())
          : Answer.text(page.text());
    } catch (ConfigException e) {
      return Answer.error(400, e.reason());
    }
  }

  // By way of the control loop: what it was told to count before this request is then counted.
  private CompletableFuture<Answer> stats(Request request, String format) {
    return proxy
        .ask(ProxyView::stats)
        .thenApplyAsync(store -> print(store, request, format), printer);
  }

  private static Answer print(StatsStore store, Request request, String format) {
    try {
      StatsQuery query = StatsQuery.of(request);
      return switch (format) {
        case "", "text" -> Answer.text(StatsText.print(store, query));
        case "json" -> Answer.json(StatsJson.print(store, query));
        case "prometheus" ->
            Answer.text(Prometheus.print(store, query, request.has("text_readouts")));
        default -> Answer.error(400, "usage: /stats?format=(json|prometheus|text)\n\n");
      };
    } catch (ConfigException e) {
      return Answer.error(400, e.reason());
    }
  }
}
