package io.bifocal.conformance.faults;

import static io.bifocal.conformance.Resources.assignment;
import static io.bifocal.conformance.Resources.route;
import static io.bifocal.xds.ResourceType.ENDPOINTS;
import static io.bifocal.xds.ResourceType.ROUTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.util.Durations;
import io.bifocal.conformance.Backend;
import io.bifocal.conformance.Bootstraps.Dialect;
import io.bifocal.conformance.Footprint;
import io.bifocal.conformance.LongRun;
import io.bifocal.conformance.Loopback;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.testing.HeardRequest;
import io.bifocal.xds.testing.Named;
import io.bifocal.xds.testing.ScriptedControlPlane;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FaultsTest {
  private static final int HUGE = 64 << 20;
  private static final long LITTLE = 32 << 20;

  @RegisterExtension final Stage stage = new Stage();

  @Execution(CONCURRENT)
  @ParameterizedTest
  @EnumSource(Subject.class)
  void aConnectionThatIsCutWithinAResponseTakesNothingWithIt(Subject subject) {
    Scenery scenery = new Scenery(stage, subject, Dialect.SOTW);
    String version = "1";
    for (int bytes : new int[] {1, 12, 700, 20_000}) {
      Backend next = scenery.backend("after " + bytes);
      int streams = scenery.server.openings().size();
      scenery.wire.cutAfter(
          bytes, () -> scenery.server.push(ENDPOINTS, "lost " + bytes, big(next)));

      HeardRequest again = scenery.awaitEndpointsRequestAfter(streams, scenery.server);
      assertThat(versionOf(again)).isEqualTo(version);
      assertThat(again.nonce()).isEmpty();
      version = "v" + bytes;
      scenery.server.push(ENDPOINTS, version, big(next));
      scenery.assertServes("after " + bytes);
    }
  }

  /** Some ten thousands of bytes. */
  private static List<Named> big(Backend backend) {
    List<Named> all = new ArrayList<>(Scenery.endpoints(backend));
    for (int i = 0; i < 500; i++) {
      all.add(Named.of(ENDPOINTS, assignment("nobody-" + i, Loopback.v4(9))));
    }
    return all;
  }

  private static String versionOf(HeardRequest request) {
    return ((HeardRequest.StateOfTheWorld) request).message().getVersionInfo();
  }

  /** The operator asked for pings; grpc-java sends them every ten seconds at most. */
  @Execution(CONCURRENT)
  @ParameterizedTest
  @EnumSource(Subject.class)
  void aConnectionOnWhichEverythingVanishesIsLeft(Subject subject) {
    Scenery scenery =
        new Scenery(
            stage, subject, Dialect.SOTW, "{connection_keepalive: {interval: 1s, timeout: 1s}}");
    int streams = scenery.server.openings().size();

    scenery.wire.freeze();

    scenery.awaitEndpointsRequestAfter(streams, scenery.server);
    scenery.pushEndpoints("2", scenery.backend("after"));
    scenery.assertServes("after");
  }

  @Execution(CONCURRENT)
  @ParameterizedTest
  @EnumSource(Subject.class)
  void aResponseThatComesByteByByteIsTakenAsAWhole(Subject subject) {
    Scenery scenery = new Scenery(stage, subject, Dialect.DELTA);
    scenery.wire.slow(true);

    List<Named> slowly = new ArrayList<>(Scenery.endpoints(scenery.backend("after")));
    slowly.addAll(big(scenery.backend("")).subList(1, 20));
    scenery.server.push(ENDPOINTS, "2", slowly);

    scenery.assertServes("after");
    assertThat(scenery.server.openings()).hasSize(1);
  }

  @Execution(CONCURRENT)
  @ParameterizedTest
  @EnumSource(Subject.class)
  void aControlPlaneThatStartsAgainCountsItsNoncesAnew(Subject subject) {
    Scenery scenery = new Scenery(stage, subject, Dialect.SOTW);
    int port = scenery.server.port();
    scenery.server.close();
    ScriptedControlPlane restarted = stage.keep(new ScriptedControlPlane(port));

    HeardRequest again = scenery.awaitEndpointsRequestAfter(0, restarted);
    assertThat(again.nonce()).isEmpty();
    assertThat(versionOf(again)).isEqualTo("1");
    String nonce = restarted.push(ENDPOINTS, "2", Scenery.endpoints(scenery.backend("after")));
    HeardRequest answer = restarted.awaitRequest("that answers", r -> r.nonce().equals(nonce));
    assertThat(versionOf(answer)).isEqualTo("2");
    scenery.assertServes("after");
  }

  @LongRun
  @Execution(CONCURRENT)
  @ParameterizedTest
  @EnumSource(Subject.class)
  void whenItFlapsTheLastWordCounts(Subject subject) {
    Scenery scenery = new Scenery(stage, subject, Dialect.SOTW);
    List<Backend> backends = List.of(scenery.backend("even"), scenery.backend("odd"));
    long before = heap(subject, scenery);
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
    int flaps = 0;
    while (System.nanoTime() < end) {
      int streams = scenery.server.openings().size();
      scenery.server.closeStreams();
      scenery.awaitEndpointsRequestAfter(streams, scenery.server);
      flaps++;
      scenery.pushEndpoints("flap " + flaps, backends.get(flaps % 2));
    }
    assertThat(flaps).isGreaterThan(3);
    scenery.assertServes(flaps % 2 == 0 ? "even" : "odd");
    assertThat(heap(subject, scenery) - before).isLessThan(LITTLE);
  }

  @LongRun
  @Execution(CONCURRENT)
  @ParameterizedTest
  @EnumSource(Subject.class)
  void of10000UpdatesAMinuteNoneIsLost(Subject subject) {
    Scenery scenery = new Scenery(stage, subject, Dialect.SOTW);
    List<Backend> backends = List.of(scenery.backend("even"), scenery.backend("odd"));
    long before = heap(subject, scenery);
    int updates = 10_000;
    long began = System.nanoTime();
    String nonce = "";
    for (int i = 1; i <= updates; i++) {
      nonce = scenery.pushEndpoints("update " + i, backends.get(i % 2));
      LockSupport.parkNanos(began + i * TimeUnit.MILLISECONDS.toNanos(6) - System.nanoTime());
    }

    String last = nonce;
    HeardRequest answer =
        scenery.server.awaitRequest("that answers the last", r -> r.nonce().equals(last));
    assertThat(versionOf(answer)).isEqualTo("update " + updates);
    assertThat(scenery.proxy.stat("cluster.e1.update_success")).isEqualTo(1 + updates);
    scenery.assertServes("even");
    assertThat(heap(subject, scenery) - before).isLessThan(LITTLE);
  }

  @Execution(CONCURRENT)
  @ParameterizedTest
  @EnumSource(Subject.class)
  void aResponseOf64MebibytesIsObeyedAndForgotten(Subject subject) {
    Scenery scenery = new Scenery(stage, subject, Dialect.SOTW);
    long before = heap(subject, scenery);
    UnknownFieldSet padding =
        UnknownFieldSet.newBuilder()
            .addField(
                100_000,
                UnknownFieldSet.Field.newBuilder()
                    .addLengthDelimited(ByteString.copyFrom(new byte[HUGE]))
                    .build())
            .build();
    ClusterLoadAssignment huge =
        assignment("e1", scenery.backend("huge").address()).toBuilder()
            .setUnknownFields(padding)
            .build();

    scenery.server.push(ENDPOINTS, "2", List.of(Named.of(ENDPOINTS, huge)));
    scenery.assertServes("huge");
    scenery.pushEndpoints("3", scenery.backend("after"));
    scenery.assertServes("after");
    assertThat(heap(subject, scenery) - before).isLessThan(LITTLE);
  }

  /** Envoy 1.40 crashes on either. */
  @Execution(CONCURRENT)
  @Test
  void endpointsAndRoutesWhoseTimeIsOverGoOnServing() {
    Scenery scenery = new Scenery(stage, Subject.BIFOCAL, Dialect.SOTW);
    sendMortal(scenery, ENDPOINTS, "e1", assignment("e1", scenery.backend("mortal").address()));
    sendMortal(scenery, ROUTES, "routes", route("routes", "e1"));
    scenery.assertServes("mortal");
    scenery.proxy.awaitStat("cluster.e1.update_success", 3);
    scenery.assertServes("mortal");
    await().during(Duration.ofMillis(500)).until(() -> scenery.proxy.program().isAlive());
    scenery.assertServes("mortal");
  }

  private static void sendMortal(
      Scenery scenery, ResourceType<?> type, String name, Message message) {
    Resource mortal =
        Resource.newBuilder()
            .setName(name)
            .setTtl(Durations.fromMillis(500))
            .setResource(Any.pack(message))
            .build();
    scenery.server.send(
        DiscoveryResponse.newBuilder()
            .setTypeUrl(type.typeUrl())
            .setVersionInfo("2")
            .setNonce("mortal")
            .addResources(Any.pack(mortal))
            .build());
  }

  /** Envoy's is not looked at. */
  private static long heap(Subject subject, Scenery scenery) {
    if (subject == Subject.ENVOY) {
      return 0;
    }
    Footprint held = Footprint.of(subject, scenery.proxy);
    return held.heap() + held.direct();
  }
}
