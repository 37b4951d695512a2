package io.bifocal.xds;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.xds.snapshot.ClusterSnapshot;
import io.bifocal.xds.snapshot.ListenerSnapshot;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What the pages tell embedders to write, written and run. */
class EmbedderExampleTest {
  private static final List<String> printed = new ArrayList<>();

  @Test
  void aWatchedTreeInTwentyLines() throws Exception {
    try (InProcessControlPlane server =
        new InProcessControlPlane(
            NettyServerBuilder.forAddress(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)))) {
      server.set(
          ResourceType.LISTENER,
          "7",
          Listener.newBuilder()
              .setName("ingress")
              .addFilterChains(
                  FilterChain.newBuilder()
                      .addFilters(
                          Filter.newBuilder()
                              .setName("tcp")
                              .setTypedConfig(
                                  com.google.protobuf.Any.pack(
                                      TcpProxy.newBuilder()
                                          .setStatPrefix("t")
                                          .setCluster("orders")
                                          .build()))))
              .build());
      server.setClusters(
          "3",
          Cluster.newBuilder()
              .setName("orders")
              .setLoadAssignment(ClusterLoadAssignment.newBuilder().setClusterName("orders"))
              .build());
      watchTree("127.0.0.1:" + server.port());
      assertThat(printed).containsExactly("ingress is at version 7", "orders: 0 localities");
    }
  }

  private static void watchTree(String server) throws Exception {
    ExecutorService mine = Executors.newSingleThreadExecutor();
    // begin tree
    try (XdsClient client = XdsClient.builder().node("app-1", "shop").server(server).build()) {
      Watch<ListenerSnapshot> ingress =
          client.listener(
              "ingress",
              snapshot ->
                  snapshot.isComplete()
                      ? Verdict.accept()
                      : Verdict.reject("missing: " + snapshot.errors()),
              mine);
      client.start();
      ListenerSnapshot tree = ingress.awaitReady(Duration.ofSeconds(20));
      print(tree.name() + " is at version " + tree.listener().version());
      for (ClusterSnapshot cluster : tree.clusters().values()) {
        int localities = cluster.assignment().map(a -> a.getEndpointsCount()).orElse(0);
        print(cluster.name() + ": " + localities + " localities");
      }
    }
    // end tree
    mine.shutdown();
  }

  @Test
  void oneResourceAndWhatIsRejected() throws Exception {
    try (InProcessControlPlane server =
        new InProcessControlPlane(
            NettyServerBuilder.forAddress(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)))) {
      server.setClusters("1", Cluster.newBuilder().setName("orders").build());
      watchOne("127.0.0.1:" + server.port());
      assertThat(printed).endsWith("orders is at version 1");
    }
  }

  private static void watchOne(String server) throws Exception {
    // begin resource
    try (XdsClient client = XdsClient.builder().node("app-1", "shop").server(server).build()) {
      client.start();
      Watch<Resource<Cluster>> orders =
          client.watch(
              ResourceType.CLUSTER,
              "orders",
              cluster ->
                  cluster.value().hasOutlierDetection()
                      ? Verdict.reject("outlier detection is not for us")
                      : Verdict.accept());
      Resource<Cluster> first = orders.awaitReady(Duration.ofSeconds(20));
      print(first.name() + " is at version " + first.version());
    }
    // end resource
  }

  private static void print(String line) {
    printed.add(line);
  }

  @Test
  void thePagesShowWhatRunsHere() throws IOException {
    Path root = Path.of("..").toAbsolutePath().normalize();
    assertThat(shown(root.resolve("docs/xds-client.md"))).contains(written("tree"));
    assertThat(shown(root.resolve("README.md"))).contains(written("resource"));
  }

  /** The lines between the marks, at the margin. */
  private static String written(String part) throws IOException {
    Path me = Path.of("src/test/java/io/bifocal/xds/EmbedderExampleTest.java");
    String text = Files.readString(me, StandardCharsets.UTF_8);
    String between =
        text.substring(
            text.indexOf("// begin " + part) + ("// begin " + part).length(),
            text.indexOf("    // end " + part));
    return squeezed(between).replace("print(", "System.out.println(");
  }

  private static String shown(Path page) throws IOException {
    return squeezed(Files.readString(page, StandardCharsets.UTF_8));
  }

  // Where lines break is the formatter's business.
  private static String squeezed(String text) {
    return text.lines().map(String::strip).collect(Collectors.joining(" ")).strip();
  }
}
