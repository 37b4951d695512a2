package io.bifocal.dataplane.http.route;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.stream.StreamInfo;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * What it costs to find a route among many, and to take one virtual host more. To be run as {@code
 * RaceBenchmark} is.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class RouteBenchmark {
  /** Of a virtual host, and virtual hosts of a table. */
  @Param({"1", "20", "10000"})
  public int size;

  private static final int REQUESTS = 1024;

  private final StreamInfo info = new StreamInfo();
  private final RequestHead[] byPath = new RequestHead[REQUESTS];
  private final RequestHead[] byHost = new RequestHead[REQUESTS];
  private final RouteContext context =
      new RouteContext(name -> true, RuntimeReader.NONE, (filter, any) -> null);
  private int turn;

  @SuppressWarnings("NullAway.Init") // before the first request
  private RouteTable exact;

  @SuppressWarnings("NullAway.Init")
  private RouteTable prefixes;

  @SuppressWarnings("NullAway.Init")
  private RouteTable hosts;

  private static final RouteConfiguration EMPTY =
      RouteConfiguration.newBuilder().setName("r").build();

  private final List<io.envoyproxy.envoy.config.route.v3.VirtualHost> many = new ArrayList<>();

  /** Tables and requests. */
  @Setup
  public void fill() throws ConfigException {
    exact = table(i -> RouteMatch.newBuilder().setPath("/service" + i + "/call").build());
    prefixes = table(i -> RouteMatch.newBuilder().setPrefix("/service" + i + "/").build());
    for (int i = 0; i < size; i++) {
      many.add(host(i));
    }
    hosts = RouteTable.compile(EMPTY, many, context, false, null);
    Random random = new Random(1);
    for (int i = 0; i < REQUESTS; i++) {
      int which = random.nextInt(size);
      byPath[i] = head("a", "/service" + which + "/call?x=1");
      byHost[i] = head("host" + which + ".test", "/service/call?x=1");
    }
  }

  private static RequestHead head(String authority, String path) {
    return new RequestHead("GET", path, authority, true, new DefaultHttpHeaders());
  }

  private interface Matches {
    RouteMatch of(int i);
  }

  private RouteTable table(Matches matches) throws ConfigException {
    var host =
        io.envoyproxy.envoy.config.route.v3.VirtualHost.newBuilder().setName("h").addDomains("*");
    for (int i = 0; i < size; i++) {
      host.addRoutes(route(matches.of(i)));
    }
    return RouteTable.compile(EMPTY, List.of(host.build()), context, false, null);
  }

  private static io.envoyproxy.envoy.config.route.v3.Route route(RouteMatch match) {
    return io.envoyproxy.envoy.config.route.v3.Route.newBuilder()
        .setMatch(match)
        .setRoute(
            io.envoyproxy.envoy.config.route.v3.RouteAction.newBuilder().setCluster("cluster"))
        .build();
  }

  private static io.envoyproxy.envoy.config.route.v3.VirtualHost host(int i) {
    return io.envoyproxy.envoy.config.route.v3.VirtualHost.newBuilder()
        .setName("host" + i)
        .addDomains("host" + i + ".test")
        .addRoutes(route(RouteMatch.newBuilder().setPrefix("/").build()))
        .build();
  }

  /** By whole path. */
  @Benchmark
  public @Nullable Route exactPath() {
    return exact.match(byPath[turn++ & (REQUESTS - 1)], info, 0);
  }

  /** By prefix. */
  @Benchmark
  public @Nullable Route prefix() {
    return prefixes.match(byPath[turn++ & (REQUESTS - 1)], info, 0);
  }

  /** By domain. */
  @Benchmark
  public @Nullable Route virtualHost() {
    return hosts.match(byHost[turn++ & (REQUESTS - 1)], info, 0);
  }

  /** One virtual host more, as VHDS brings it. */
  @Benchmark
  public RouteTable oneHostMore() throws ConfigException {
    List<io.envoyproxy.envoy.config.route.v3.VirtualHost> more = new ArrayList<>(many);
    more.add(host(size));
    return RouteTable.compile(EMPTY, more, context, false, hosts);
  }

  public static void main(String[] args) throws RunnerException {
    var unused =
        new Runner(
                new OptionsBuilder()
                    .include(RouteBenchmark.class.getSimpleName())
                    .addProfiler(GCProfiler.class)
                    .build())
            .run();
  }
}
