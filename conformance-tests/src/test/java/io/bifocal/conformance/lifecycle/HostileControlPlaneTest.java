package io.bifocal.conformance.lifecycle;

import static io.bifocal.conformance.Resources.assignment;
import static io.bifocal.conformance.Resources.edsCluster;
import static io.bifocal.conformance.Resources.listener;
import static io.bifocal.conformance.Resources.route;
import static io.bifocal.conformance.Resources.staticCluster;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import io.bifocal.conformance.Backend;
import io.bifocal.conformance.Bootstraps;
import io.bifocal.conformance.Bootstraps.Dialect;
import io.bifocal.conformance.Http;
import io.bifocal.conformance.Loopback;
import io.bifocal.conformance.Ports;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.testing.Named;
import io.bifocal.xds.testing.ScriptedControlPlane;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever a control plane does, what was good goes on serving, and the next good word is obeyed.
 */
class HostileControlPlaneTest {
  private static final int MANY = 200_000;
  private static final int HUGE = 64 << 20;

  @RegisterExtension final Stage stage = new Stage();

  @Execution(CONCURRENT)
  @ParameterizedTest
  @EnumSource(Subject.class)
  void withNobodyThereItBecomesLiveAndCatchesUpLater(Subject subject) {
    int port = Ports.free();
    Proxy proxy = stage.start(subject, impatient(port)).awaitLive();

    assertThat(proxy.stat("control_plane.connected_state")).isZero();
    assertThat(proxy.stat("cluster_manager.cds.update_failure")).isPositive();
    assertCatchesUp(proxy, port);
  }

  @Execution(CONCURRENT)
  @ParameterizedTest
  @EnumSource(Subject.class)
  void oneThatAcceptsAndSaysNothingDoesNotHoldItUp(Subject subject) throws IOException {
    ServerSocket mute = stage.keep(new ServerSocket());
    mute.bind(Loopback.v4(Ports.free()));
    Proxy proxy = stage.start(subject, impatient(mute.getLocalPort())).awaitLive();

    assertThat(proxy.stat("cluster_manager.cds.init_fetch_timeout")).isEqualTo(1);
    assertThat(proxy.stat("listener_manager.lds.init_fetch_timeout")).isEqualTo(1);
    mute.close();
    assertCatchesUp(proxy, mute.getLocalPort());
  }

  @Execution(CONCURRENT)
  @ParameterizedTest
  @EnumSource(Subject.class)
  void garbageInsteadOfHttp2IsSurvived(Subject subject) throws Exception {
    ServerSocket mad = stage.keep(new ServerSocket());
    mad.bind(Loopback.v4(Ports.free()));
    Thread babble = new Thread(() -> babble(mad), "babble");
    babble.setDaemon(true);
    babble.start();
    Proxy proxy = stage.start(subject, impatient(mad.getLocalPort())).awaitLive();

    proxy.awaitStat("cluster_manager.cds.update_failure", 2);
    mad.close();
    // Until then it may still hold the port.
    babble.join();
    assertCatchesUp(proxy, mad.getLocalPort());
  }

  /** A response that makes no sense, and what a reader of the failure calls it. */
  static List<Arguments> nonsense() {
    DiscoveryResponse empty = DiscoveryResponse.getDefaultInstance();
    Any route = Any.pack(route("stray", "a"));
    Any undecodable =
        Any.newBuilder()
            .setTypeUrl(ResourceType.CLUSTER.typeUrl())
            .setValue(ByteString.copyFrom(new byte[] {(byte) 0xff, (byte) 0xff, 3}))
            .build();
    List<Arguments> cases = new ArrayList<>();
    for (Subject subject : Subject.values()) {
      cases.add(Arguments.of(subject, "no type at all", empty));
      cases.add(
          Arguments.of(
              subject,
              "a type that does not exist",
              empty.toBuilder().setTypeUrl("type.googleapis.com/foo.Bar").build()));
      cases.add(
          Arguments.of(
              subject,
              "a type URL that is none",
              empty.toBuilder().setTypeUrl("\u0000/../?").addResources(route).build()));
      cases.add(
          Arguments.of(subject, "routes as clusters", of(ResourceType.CLUSTER, "9", "x", route)));
      cases.add(
          Arguments.of(
              subject,
              "bytes that are no cluster",
              of(ResourceType.CLUSTER, "9", "y", undecodable)));
      cases.add(
          Arguments.of(
              subject,
              "an Any that says nothing",
              of(ResourceType.LISTENER, "9", "z", Any.getDefaultInstance())));
      cases.add(
          Arguments.of(
              subject,
              "a version and a nonce of a megabyte",
              of(ResourceType.SECRET, "9".repeat(1 << 20), "n".repeat(1 << 20), route)));
    }
    return cases;
  }

  private static DiscoveryResponse of(
      ResourceType<?> type, String version, String nonce, Any resource) {
    return DiscoveryResponse.newBuilder()
        .setTypeUrl(type.typeUrl())
        .setVersionInfo(version)
        .setNonce(nonce)
        .addResources(resource)
        .build();
  }

  @Execution(CONCURRENT)
  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("nonsense")
  void nonsenseChangesNothing(Subject subject, String what, DiscoveryResponse response) {
    ScriptedControlPlane server = stage.keep(new ScriptedControlPlane());
    Proxy proxy = serving(subject, server, "before");

    server.send(response);

    proxy.awaitBody("ingress", "/", "before");
    assertObeysStill(proxy, server);
    assertThat(proxy.program().isAlive()).as(what).isTrue();
  }

  @Execution(CONCURRENT)
  @ParameterizedTest
  @EnumSource(Subject.class)
  void twoHundredThousandNamesNobodyAskedForAreSurvived(Subject subject) {
    ScriptedControlPlane server = stage.keep(new ScriptedControlPlane());
    Proxy proxy = serving(subject, server, "before");
    List<Named> many = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      many.add(
          named(
              "nobody-" + i,
              ClusterLoadAssignment.newBuilder().setClusterName("nobody-" + i).build()));
    }

    server.push(ResourceType.ENDPOINTS, "2", many);

    proxy.awaitBody("ingress", "/", "before");
    assertObeysStill(proxy, server);
  }

  @Execution(CONCURRENT)
  @ParameterizedTest
  @EnumSource(Subject.class)
  void aResponseOf64MebibytesIsSurvived(Subject subject) {
    ScriptedControlPlane server = stage.keep(new ScriptedControlPlane());
    Proxy proxy = serving(subject, server, "before");
    UnknownFieldSet padding =
        UnknownFieldSet.newBuilder()
            .addField(
                100_000,
                UnknownFieldSet.Field.newBuilder()
                    .addLengthDelimited(ByteString.copyFrom(new byte[HUGE]))
                    .build())
            .build();

    server.push(
        ResourceType.ENDPOINTS,
        "2",
        List.of(
            named(
                "nobody",
                ClusterLoadAssignment.newBuilder()
                    .setClusterName("nobody")
                    .setUnknownFields(padding)
                    .build())));

    proxy.awaitBody("ingress", "/", "before");
    assertObeysStill(proxy, server);
  }

  /** Serving from a scripted control plane: cluster e1 by EDS, listener ingress, routes. */
  private Proxy serving(Subject subject, ScriptedControlPlane server, String body) {
    Backend backend = stage.keep(Backend.start("127.0.0.1", body));
    Proxy proxy = stage.start(subject, Bootstraps.ads(server.port(), Dialect.SOTW));
    server.awaitSubscription(ResourceType.CLUSTER);
    server.push(ResourceType.CLUSTER, "1", List.of(named("e1", edsCluster("e1"))));
    server.awaitSubscription(ResourceType.ENDPOINTS);
    server.push(
        ResourceType.ENDPOINTS, "1", List.of(named("e1", assignment("e1", backend.address()))));
    server.awaitSubscription(ResourceType.LISTENER);
    server.push(
        ResourceType.LISTENER, "1", List.of(named("ingress", listener("ingress", "routes"))));
    server.awaitSubscription(ResourceType.ROUTES);
    server.push(ResourceType.ROUTES, "1", List.of(named("routes", route("routes", "e1"))));
    proxy.awaitLive().awaitBody("ingress", "/", body);
    return proxy;
  }

  /** A good push arrives; when the subject has dropped the stream, on the next one. */
  private void assertObeysStill(Proxy proxy, ScriptedControlPlane server) {
    Backend after = stage.keep(Backend.start("127.0.0.1", "after"));
    await("obeying still")
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(500))
        .untilAsserted(
            () -> {
              server.push(
                  ResourceType.CLUSTER,
                  "after",
                  List.of(
                      named("e1", edsCluster("e1")),
                      named("new", staticCluster("new", after.address()))));
              server.push(
                  ResourceType.ROUTES, "after", List.of(named("routes", route("routes", "new"))));
              assertThat(Http.get(proxy.listener("ingress"), "/").body()).isEqualTo("after");
            });
  }

  private void assertCatchesUp(Proxy proxy, int port) {
    Backend backend = stage.keep(Backend.start("127.0.0.1", "at last"));
    ScriptedControlPlane server = stage.keep(new ScriptedControlPlane(port));
    server.awaitSubscription(ResourceType.CLUSTER);
    server.push(
        ResourceType.CLUSTER, "1", List.of(named("a", staticCluster("a", backend.address()))));
    server.awaitSubscription(ResourceType.LISTENER);
    server.push(
        ResourceType.LISTENER, "1", List.of(named("ingress", listener("ingress", "routes"))));
    server.awaitSubscription(ResourceType.ROUTES);
    server.push(ResourceType.ROUTES, "1", List.of(named("routes", route("routes", "a"))));
    proxy.awaitBody("ingress", "/", "at last");
    assertThat(proxy.stat("control_plane.connected_state")).isEqualTo(1);
  }

  private static String impatient(int port) {
    return Bootstraps.ads(port, Dialect.SOTW)
        .replace("ads: {},", "ads: {}, initial_fetch_timeout: 1s,");
  }

  private static Named named(String name, Message message) {
    return new Named(name, Any.pack(message));
  }

  private static void babble(ServerSocket server) {
    Random random = new Random(8305);
    byte[] garbage = new byte[4096];
    while (!server.isClosed()) {
      try (Socket socket = server.accept()) {
        random.nextBytes(garbage);
        socket.getOutputStream().write(garbage);
      } catch (IOException e) {
        // It hung up, rightly.
      }
    }
  }
}
