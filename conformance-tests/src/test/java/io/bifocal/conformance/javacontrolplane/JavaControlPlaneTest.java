package io.bifocal.conformance.javacontrolplane;

import static io.bifocal.conformance.Resources.assignment;
import static io.bifocal.conformance.Resources.badCluster;
import static io.bifocal.conformance.Resources.edsCluster;
import static io.bifocal.conformance.Resources.listener;
import static io.bifocal.conformance.Resources.route;
import static io.bifocal.conformance.Resources.staticCluster;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import io.bifocal.conformance.Backend;
import io.bifocal.conformance.Bootstraps;
import io.bifocal.conformance.Bootstraps.Dialect;
import io.bifocal.conformance.Http;
import io.bifocal.conformance.Ports;
import io.bifocal.conformance.Program;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.SilentAddress;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The published java-control-plane drives a subject, in both dialects of ADS. */
class JavaControlPlaneTest {
  @RegisterExtension final Stage stage = new Stage();

  static Stream<Arguments> everyone() {
    return Arrays.stream(Subject.values())
        .flatMap(
            subject ->
                Arrays.stream(Dialect.values()).map(dialect -> Arguments.of(subject, dialect)));
  }

  @Execution(CONCURRENT)
  @ParameterizedTest
  @MethodSource("everyone")
  void aSnapshotBecomesAServingListener(Subject subject, Dialect dialect) {
    ControlPlane controlPlane = stage.keep(new ControlPlane(0));
    Backend backend = backend("hello");
    publish(controlPlane, "1", backend);

    Proxy proxy = start(subject, controlPlane, dialect).awaitLive();

    proxy.awaitBody("ingress", "/", "hello");
    assertThat(controlPlane.nacks()).isEmpty();
    assertThat(proxy.stat("control_plane.connected_state")).isEqualTo(1);
    assertThat(proxy.stat("cluster_manager.cds.update_success")).isEqualTo(1);
    assertThat(proxy.stat("listener_manager.lds.update_success")).isEqualTo(1);
  }

  @Execution(CONCURRENT)
  @ParameterizedTest
  @MethodSource("everyone")
  void changedEndpointsRoutesAndClustersTakeOver(Subject subject, Dialect dialect) {
    ControlPlane controlPlane = stage.keep(new ControlPlane(0));
    Backend one = backend("one");
    Backend two = backend("two");
    Backend three = backend("three");
    publish(controlPlane, "1", one);
    Proxy proxy = start(subject, controlPlane, dialect).awaitLive();
    proxy.awaitBody("ingress", "/", "one");

    publish(controlPlane, "2", two);
    proxy.awaitBody("ingress", "/", "two");

    controlPlane.publish(
        "3",
        List.of(edsCluster("backend"), staticCluster("other", three.address())),
        List.of(assignment("backend", two.address())),
        List.of(listener("ingress", "routes")),
        List.of(route("routes", "other")));
    proxy.awaitBody("ingress", "/", "three");
    assertThat(controlPlane.nacks()).isEmpty();
  }

  @Execution(CONCURRENT)
  @ParameterizedTest
  @MethodSource("everyone")
  void removedListenersAndClustersGo(Subject subject, Dialect dialect) {
    ControlPlane controlPlane = stage.keep(new ControlPlane(0));
    Backend backend = backend("hello");
    controlPlane.publish(
        "1",
        List.of(edsCluster("backend"), staticCluster("other", backend.address())),
        List.of(assignment("backend", backend.address())),
        List.of(listener("ingress", "routes"), listener("second", "routes")),
        List.of(route("routes", "backend")));
    Proxy proxy = start(subject, controlPlane, dialect).awaitLive();
    proxy.awaitBody("ingress", "/", "hello");
    proxy.awaitBody("second", "/", "hello");
    InetSocketAddress second = proxy.listener("second");

    publish(controlPlane, "2", backend);

    await()
        .untilAsserted(
            () -> {
              assertThat(proxy.listeners()).containsOnlyKeys("ingress");
              assertThat(proxy.admin("/clusters").body()).doesNotContain("other::");
              assertThat(Http.tryGet(second, "/")).isEmpty();
            });
    proxy.awaitBody("ingress", "/", "hello");
  }

  @Execution(CONCURRENT)
  @ParameterizedTest
  @MethodSource("everyone")
  void oneBadClusterIsRefusedByNameAndItsNeighbourServes(Subject subject, Dialect dialect) {
    ControlPlane controlPlane = stage.keep(new ControlPlane(0));
    Backend one = backend("one");
    Backend two = backend("two");
    publish(controlPlane, "1", one);
    Proxy proxy = start(subject, controlPlane, dialect).awaitLive();
    proxy.awaitBody("ingress", "/", "one");

    controlPlane.publish(
        "2",
        List.of(edsCluster("backend"), badCluster("bad"), staticCluster("other", two.address())),
        List.of(assignment("backend", one.address())),
        List.of(listener("ingress", "routes")),
        List.of(route("routes", "other")));

    await().untilAsserted(() -> assertThat(controlPlane.nacks()).isNotEmpty());
    assertThat(controlPlane.nacks().get(0))
        .startsWith("type.googleapis.com/envoy.config.cluster.v3.Cluster ")
        .contains("bad")
        .contains("not.an.ip")
        .doesNotContain("other");
    proxy.awaitBody("ingress", "/", "two");
    assertThat(proxy.stat("cluster_manager.cds.update_rejected")).isPositive();

    controlPlane.publish(
        "3",
        List.of(edsCluster("backend"), staticCluster("other", two.address())),
        List.of(assignment("backend", one.address())),
        List.of(listener("ingress", "routes")),
        List.of(route("routes", "backend")));
    proxy.awaitBody("ingress", "/", "one");
  }

  @Execution(CONCURRENT)
  @ParameterizedTest
  @MethodSource("everyone")
  void whileTheControlPlaneIsAwayItServesAndThenCatchesUp(Subject subject, Dialect dialect) {
    int port = Ports.free();
    ControlPlane first = stage.keep(new ControlPlane(port));
    Backend one = backend("one");
    Backend two = backend("two");
    publish(first, "1", one);
    Proxy proxy = start(subject, first, dialect).awaitLive();
    proxy.awaitBody("ingress", "/", "one");

    first.close();
    await()
        .untilAsserted(() -> assertThat(proxy.stat("control_plane.connected_state")).isEqualTo(0));
    proxy.awaitBody("ingress", "/", "one");

    ControlPlane second = stage.keep(new ControlPlane(port));
    publish(second, "2", two);
    proxy.awaitBody("ingress", "/", "two");
    assertThat(second.nacks()).isEmpty();
  }

  @Execution(CONCURRENT)
  @ParameterizedTest
  @MethodSource("everyone")
  void anEmptySnapshotTakesEverythingAway(Subject subject, Dialect dialect) {
    ControlPlane controlPlane = stage.keep(new ControlPlane(0));
    publish(controlPlane, "1", backend("hello"));
    Proxy proxy = start(subject, controlPlane, dialect).awaitLive();
    proxy.awaitBody("ingress", "/", "hello");

    controlPlane.publish("2", List.of(), List.of(), List.of(), List.of());

    await()
        .untilAsserted(
            () -> {
              assertThat(proxy.listeners()).isEmpty();
              assertThat(proxy.admin("/clusters").body()).doesNotContain("backend::");
            });
    assertThat(controlPlane.nacks()).isEmpty();
    assertThat(proxy.admin("/ready").status()).isEqualTo(200);
  }

  /**
   * In delta, java-control-plane never answers a wildcard that holds nothing: the time-out ends the
   * wait.
   */
  @Execution(CONCURRENT)
  @ParameterizedTest
  @MethodSource("everyone")
  void withNothingToServeItStillBecomesLive(Subject subject, Dialect dialect) {
    ControlPlane controlPlane = stage.keep(new ControlPlane(0));
    controlPlane.publish("1", List.of(), List.of(), List.of(), List.of());
    String impatient =
        Bootstraps.ads(controlPlane.port(), dialect)
            .replace("ads: {},", "ads: {}, initial_fetch_timeout: 1s,");

    Proxy proxy = stage.start(subject, impatient).awaitLive();

    assertThat(proxy.listeners()).isEmpty();
    publish(controlPlane, "2", backend("hello"));
    proxy.awaitBody("ingress", "/", "hello");
  }

  @Execution(CONCURRENT)
  @ParameterizedTest
  @MethodSource("everyone")
  void theAdditionalAddressAnswersWhenTheFirstIsSilent(Subject subject, Dialect dialect) {
    ControlPlane controlPlane = stage.keep(new ControlPlane(0));
    SilentAddress silent = stage.keep(SilentAddress.open("127.0.0.2"));
    Backend backend = backend("from the second address");
    Path log = stage.directory().resolve("access.log");
    controlPlane.publish(
        "1",
        List.of(edsCluster("backend")),
        List.of(assignment("backend", silent.address(), backend.address())),
        List.of(listener("ingress", "routes", log, "%UPSTREAM_REMOTE_ADDRESS%\n")),
        List.of(route("routes", "backend")));
    String bootstrap = Bootstraps.ads(controlPlane.port(), dialect);
    Proxy proxy = stage.start(subject, bootstrap, "--file-flush-interval-msec", "20").awaitLive();

    assertThat(backend.accepts()).as("nothing before the first request").isEmpty();
    proxy.awaitBody("ingress", "/", "from the second address");

    await()
        .untilAsserted(
            () ->
                assertThat(log)
                    .content()
                    .contains("127.0.0.1:" + backend.address().getPort() + "\n"));
    assertThat(controlPlane.nacks()).isEmpty();
  }

  @Execution(CONCURRENT)
  @ParameterizedTest
  @EnumSource(Subject.class)
  void aControlPlaneInAJvmOfItsOwnDoesToo(Subject subject) {
    Backend backend = backend("hello");
    Program controlPlane =
        stage.run(
            "control-plane",
            List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                ControlPlane.class.getName(),
                String.valueOf(backend.address().getPort())));
    Pattern line = Pattern.compile("^port (\\d+)$", Pattern.MULTILINE);
    Matcher port =
        await()
            .atMost(Duration.ofSeconds(30))
            .until(() -> line.matcher(controlPlane.log()), Matcher::find);
    port.reset().find();

    Proxy proxy =
        stage
            .start(subject, Bootstraps.ads(Integer.parseInt(port.group(1)), Dialect.SOTW))
            .awaitLive();

    proxy.awaitBody("ingress", "/", "hello");
  }

  private Backend backend(String body) {
    return stage.keep(Backend.start("127.0.0.1", body));
  }

  private Proxy start(Subject subject, ControlPlane controlPlane, Dialect dialect) {
    return stage.start(subject, Bootstraps.ads(controlPlane.port(), dialect));
  }

  private static void publish(ControlPlane controlPlane, String version, Backend backend) {
    controlPlane.publish(
        version,
        List.of(edsCluster("backend")),
        List.of(assignment("backend", backend.address())),
        List.of(listener("ingress", "routes")),
        List.of(route("routes", "backend")));
  }
}
