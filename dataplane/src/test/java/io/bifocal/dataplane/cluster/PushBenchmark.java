package io.bifocal.dataplane.cluster;

import static io.bifocal.dataplane.cluster.ClusterFixture.ADS;
import static io.bifocal.dataplane.cluster.ClusterFixture.assignment;
import static io.bifocal.dataplane.cluster.ClusterFixture.eds;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.transport.TransportSockets;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.ScriptedClient;
import io.bifocal.xds.SubscriptionObserver;
import io.bifocal.xds.time.VirtualTime;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource.ApiType;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import io.netty.channel.DefaultEventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
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
 * What a push costs beside ten thousand clusters of ten endpoints, from its bytes to the snapshot
 * that a worker has: one endpoint changed, in delta and in the state of the world, and a response
 * that says nothing new. To be run as {@code RaceBenchmark} is.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class PushBenchmark {
  /** How many clusters there are: to see what does not depend on it. */
  @Param({"100", "10000"})
  public int clusters;

  private final List<ByteString> deltas = new ArrayList<>();
  private final List<ByteString> wholes = new ArrayList<>();
  private int turn;

  @SuppressWarnings("NullAway.Init") // before the first push
  private Proxied delta;

  @SuppressWarnings("NullAway.Init")
  private Proxied sotw;

  /** A cluster manager with one worker, behind a client whose stream is scripted. */
  private static final class Proxied {
    final VirtualTime time = new VirtualTime();
    final ScriptedClient server;
    final ClusterManager manager;

    Proxied(ApiType dialect) {
      ApiConfigSource ads =
          ApiConfigSource.newBuilder()
              .setApiType(dialect)
              .addGrpcServices(
                  GrpcService.newBuilder()
                      .setEnvoyGrpc(GrpcService.EnvoyGrpc.newBuilder().setClusterName("x")))
              .build();
      server = ScriptedClient.start(ads, time);
      StatsStore stats = new StatsStore(1);
      Worker worker = new Worker(1, new DefaultEventLoop(), time);
      ClusterTables tables =
          new ClusterTables(
              List.of(worker),
              stats,
              w -> new ClusterFixture().new FakePools(),
              (config, counted, loop, local) -> (hosts, context) -> null,
              ProxyPlace.UNKNOWN);
      ScriptedNames names = new ScriptedNames(time);
      manager =
          new ClusterManager(
              time,
              server.subscriptions(),
              stats,
              tables,
              ClusterDefaults.DEFAULT,
              names,
              new TransportSockets(),
              UpstreamFilters.Reader.NONE);
      manager.start(ADS, SubscriptionObserver.NONE, c -> SubscriptionObserver.NONE, () -> {});
      time.run();
    }

    void push(ByteString bytes, Parser<? extends Message> parser) {
      try {
        server.respond(parser.parseFrom(bytes));
      } catch (InvalidProtocolBufferException e) {
        throw new AssertionError(e);
      }
      time.run();
      List<Message> answers = server.takeSent();
      if (answers.isEmpty() || answers.stream().anyMatch(PushBenchmark::isRefusal)) {
        throw new AssertionError("not taken: " + answers);
      }
    }
  }

  private static boolean isRefusal(Message request) {
    return request instanceof DiscoveryRequest whole
        ? whole.hasErrorDetail()
        : ((DeltaDiscoveryRequest) request).hasErrorDetail();
  }

  private static ClusterLoadAssignment endpoints(int i, int last) {
    String[] addresses = new String[10];
    for (int k = 0; k < addresses.length; k++) {
      addresses[k] = "10." + i / 250 + "." + i % 250 + "." + (k == 0 ? last : k);
    }
    return assignment("c" + i, addresses);
  }

  private static ByteString whole(ResourceType<?> type, List<Message> resources) {
    DiscoveryResponse.Builder response =
        DiscoveryResponse.newBuilder().setTypeUrl(type.typeUrl()).setVersionInfo("1").setNonce("1");
    resources.forEach(r -> response.addResources(Any.pack(r)));
    return response.build().toByteString();
  }

  private static ByteString delta(ResourceType<?> type, List<Message> resources) {
    DeltaDiscoveryResponse.Builder response =
        DeltaDiscoveryResponse.newBuilder().setTypeUrl(type.typeUrl()).setNonce("1");
    for (Message r : resources) {
      response.addResources(
          Resource.newBuilder()
              .setName(r instanceof ClusterLoadAssignment a ? a.getClusterName() : nameOf(r))
              .setVersion("1")
              .setResource(Any.pack(r)));
    }
    return response.build().toByteString();
  }

  private static String nameOf(Message cluster) {
    return ((io.envoyproxy.envoy.config.cluster.v3.Cluster) cluster).getName();
  }

  /** Loads all. */
  @Setup(Level.Trial)
  public void load() {
    List<Message> all = new ArrayList<>();
    List<Message> assignments = new ArrayList<>();
    for (int i = 0; i < clusters; i++) {
      all.add(eds("c" + i));
      assignments.add(endpoints(i, 100));
    }
    wholes.add(whole(ResourceType.ENDPOINTS, assignments));
    sotw = new Proxied(ApiType.GRPC);
    sotw.push(whole(ResourceType.CLUSTER, all), DiscoveryResponse.parser());
    sotw.push(wholes.get(0), DiscoveryResponse.parser());
    delta = new Proxied(ApiType.DELTA_GRPC);
    delta.push(delta(ResourceType.CLUSTER, all), DeltaDiscoveryResponse.parser());
    delta.push(delta(ResourceType.ENDPOINTS, assignments), DeltaDiscoveryResponse.parser());

    assignments.set(7, endpoints(7, 101));
    wholes.add(whole(ResourceType.ENDPOINTS, assignments));
    deltas.add(delta(ResourceType.ENDPOINTS, List.of(endpoints(7, 101))));
    deltas.add(delta(ResourceType.ENDPOINTS, List.of(endpoints(7, 100))));
  }

  /** One endpoint becomes another, and nothing else is said. */
  @Benchmark
  public void deltaWithOneChange() {
    delta.push(deltas.get(turn++ & 1), DeltaDiscoveryResponse.parser());
  }

  /** One endpoint becomes another, and all others are said again. */
  @Benchmark
  public void stateOfTheWorldWithOneChange() {
    sotw.push(wholes.get(turn++ & 1), DiscoveryResponse.parser());
  }

  /** All is said again. */
  @Benchmark
  public void stateOfTheWorldSaidAgain() {
    sotw.push(wholes.get(0), DiscoveryResponse.parser());
  }

  /** Runs all, and says what they allocate. */
  public static void main(String[] args) throws RunnerException {
    var unused =
        new Runner(
                new OptionsBuilder()
                    .include(PushBenchmark.class.getSimpleName())
                    .addProfiler(GCProfiler.class)
                    .build())
            .run();
  }
}
