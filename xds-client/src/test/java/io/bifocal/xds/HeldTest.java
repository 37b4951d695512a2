package io.bifocal.xds;

import static io.bifocal.xds.Conversation.ADS;
import static io.bifocal.xds.Conversation.cluster;
import static io.bifocal.xds.Conversation.endpoints;
import static io.bifocal.xds.Conversation.resource;
import static io.bifocal.xds.ResourceType.CLUSTER;
import static io.bifocal.xds.ResourceType.ENDPOINTS;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a client holds of what a data plane subscribes to. */
class HeldTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private final List<String> notKept = new ArrayList<>();
  private final Conversation talk =
      Conversation.stateOfTheWorld(
              new TransportObserver() {
                @Override
                public void onRefusedNotKept(String typeUrl, String resource) {
                  notKept.add(resource);
                }
              },
              false)
          .start();

  private static List<String> lines(List<ResourceStatus> statuses) {
    return statuses.stream()
        .map(s -> s.type() + " " + s.name() + " " + s.status() + " v" + s.version())
        .sorted()
        .toList();
  }

  private static List<String> dump(Conversation talk) {
    return lines(talk.client.dump().join());
  }

  private ResourceStatus status(String name) {
    return talk.client.dump().join().stream()
        .filter(s -> s.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  /** Takes all but those whose names begin with {@code bad}, as a data plane does. */
  private static Verdict choosy(Update<Cluster> update) {
    Map<String, String> errors = new java.util.TreeMap<>();
    for (Resource<Cluster> resource : update.resources()) {
      if (resource.name().startsWith("bad")) {
        errors.put(resource.name(), "no " + resource.name());
      }
    }
    return errors.isEmpty() ? Verdict.accept() : Verdict.reject("some are bad", errors);
  }

  private static Subscription clusters(Conversation talk, Set<String> names) {
    return talk.subscriptions.subscribe(
        ADS, CLUSTER, names, HeldTest::choosy, SubscriptionObserver.NONE);
  }

  private static Subscription assigned(Conversation talk, String name) {
    return talk.subscriptions.subscribe(
        ADS, ENDPOINTS, Set.of(name), update -> Verdict.accept(), SubscriptionObserver.NONE);
  }

  private void respond(ResourceType<?> type, String version, Message... resources) {
    talk.respond(type, version, "n" + version, resources);
    talk.time.run();
  }

  @Test
  void whatIsSubscribedIsHeldLikeWhatIsWatched() {
    List<Message> heard = new ArrayList<>();
    Subscription e1 =
        talk.subscriptions.subscribe(
            ADS,
            ENDPOINTS,
            Set.of("e1"),
            update -> {
              update.resources().forEach(r -> heard.add(r.value()));
              return Verdict.accept();
            },
            SubscriptionObserver.NONE);
    Subscription e2 = assigned(talk, "e2");
    assertThat(dump(talk)).containsExactly("EDS e1 REQUESTED v", "EDS e2 REQUESTED v");
    talk.time.advance(Duration.ofSeconds(3));
    respond(ENDPOINTS, "1", endpoints("e1"), endpoints("unasked"));
    assertThat(dump(talk)).containsExactly("EDS e1 ACKED v1", "EDS e2 REQUESTED v");
    assertThat(status("e1").value().orElseThrow())
        .as("a reference, no copy")
        .isSameAs(heard.get(0));
    assertThat(status("e1").lastUpdated()).contains(START.plusSeconds(3));
    assertThat(lines(e2.statuses())).containsExactly("EDS e2 REQUESTED v");
    talk.time.advance(Duration.ofSeconds(15));
    assertThat(dump(talk)).containsExactly("EDS e1 ACKED v1", "EDS e2 TIMEOUT v");
    assertThat(status("e2").failure().orElseThrow().error().message()).contains("within 15000 ms");
    e2.close();
    assertThat(dump(talk)).containsExactly("EDS e1 ACKED v1");
    e1.close();
    assertThat(dump(talk)).isEmpty();
  }

  @Test
  void whatIsSaidAgainKeepsTheTimeAtWhichItChanged() {
    clusters(talk, Set.of());
    respond(CLUSTER, "1", cluster("a"));
    talk.time.advance(Duration.ofSeconds(5));
    respond(CLUSTER, "2", cluster("a"));
    assertThat(dump(talk)).containsExactly("CDS a ACKED v2");
    assertThat(status("a").lastUpdated()).contains(START);
  }

  @Test
  void oneThatIsRefusedIsShownWithItsReasonBesideThoseThatAreTaken() {
    clusters(talk, Set.of());
    respond(CLUSTER, "1", cluster("a"));
    talk.time.advance(Duration.ofSeconds(5));
    Cluster bad = cluster("bad").toBuilder().setAltStatName("x").build();
    respond(CLUSTER, "2", cluster("a"), bad);
    assertThat(dump(talk)).containsExactly("CDS a ACKED v2", "CDS bad NACKED v");
    ResourceStatus.Failure failure = status("bad").failure().orElseThrow();
    assertThat(failure.error().message()).isEqualTo("no bad");
    assertThat(failure.version()).isEqualTo("2");
    assertThat(failure.at()).isEqualTo(START.plusSeconds(5));
    assertThat(failure.configuration()).contains(bad);
    respond(CLUSTER, "3", cluster("a"));
    assertThat(dump(talk)).containsExactly("CDS a ACKED v3");
  }

  @Test
  void inDeltaARefusalIsShownUntilAGoodUpdateOfTheSameName() {
    Conversation delta = Conversation.delta().start();
    clusters(delta, Set.of());
    say(delta, "n1", resource("1", cluster("a")), resource("1", cluster("bad")));
    assertThat(dump(delta)).containsExactly("CDS a ACKED v1", "CDS bad NACKED v");
    say(delta, "n2", resource("2", cluster("b")));
    assertThat(dump(delta)).containsExactly("CDS a ACKED v1", "CDS b ACKED v2", "CDS bad NACKED v");
    delta.say(
        DeltaDiscoveryResponse.newBuilder()
            .setTypeUrl(CLUSTER.typeUrl())
            .setNonce("n3")
            .addRemovedResources("a")
            .addRemovedResources("bad")
            .build());
    delta.time.run();
    assertThat(dump(delta)).containsExactly("CDS b ACKED v2");
  }

  private static void say(
      Conversation talk,
      String nonce,
      io.envoyproxy.envoy.service.discovery.v3.Resource... resources) {
    talk.say(
        DeltaDiscoveryResponse.newBuilder()
            .setTypeUrl(CLUSTER.typeUrl())
            .setNonce(nonce)
            .addAllResources(List.of(resources))
            .build());
    talk.time.run();
  }

  @Test
  void inDeltaWhatWasAskedForByNameAndIsRemovedDoesNotExist() {
    Conversation delta = Conversation.delta().start();
    clusters(delta, Set.of("a"));
    say(delta, "n1", resource("1", cluster("a")));
    delta.say(
        DeltaDiscoveryResponse.newBuilder()
            .setTypeUrl(CLUSTER.typeUrl())
            .setNonce("n2")
            .addRemovedResources("a")
            .build());
    delta.time.run();
    assertThat(dump(delta)).containsExactly("CDS a DOES_NOT_EXIST v");
  }

  @Test
  void aResponseThatBreaksAConstraintBlamesTheResource() {
    assigned(talk, "e1");
    assigned(talk, "e2");
    respond(ENDPOINTS, "1", endpoints("e1"), endpoints("e2"));
    ClusterLoadAssignment.Builder bad = endpoints("e2").toBuilder();
    bad.addEndpointsBuilder().setPriority(200);
    respond(ENDPOINTS, "2", endpoints("e1"), bad.build());
    assertThat(dump(talk)).containsExactly("EDS  NACKED v", "EDS e1 ACKED v1", "EDS e2 NACKED v1");
    assertThat(status("e2").failure().orElseThrow().configuration()).contains(bad.build());
    respond(ENDPOINTS, "3", endpoints("e1"));
    assertThat(dump(talk)).containsExactly("EDS e1 ACKED v3", "EDS e2 NACKED v1");
    respond(ENDPOINTS, "4", endpoints("e2"));
    assertThat(dump(talk)).containsExactly("EDS e1 ACKED v3", "EDS e2 ACKED v4");
  }

  @Test
  void aResponseThatCannotBeReadConcernsAllOfItsType() {
    assigned(talk, "e1");
    assigned(talk, "e2");
    respond(ENDPOINTS, "1", endpoints("e1"));
    talk.say(
        DiscoveryResponse.newBuilder()
            .setTypeUrl(ENDPOINTS.typeUrl())
            .setVersionInfo("2")
            .setNonce("n2")
            .addResources(
                Any.newBuilder()
                    .setTypeUrl(ENDPOINTS.typeUrl())
                    .setValue(ByteString.copyFrom(new byte[] {1, 2, 3})))
            .build());
    talk.time.run();
    assertThat(dump(talk)).containsExactly("EDS  NACKED v", "EDS e1 NACKED v1", "EDS e2 NACKED v");
  }

  @Test
  void whatIsKeptOfRefusalsIsBoundedAndWhatIsNotIsCounted() {
    clusters(talk, Set.of());
    respond(
        CLUSTER,
        "1",
        IntStream.range(0, 1005).mapToObj(i -> cluster("bad" + i)).toArray(Message[]::new));
    assertThat(dump(talk)).hasSize(1000);
    assertThat(notKept).hasSize(5).contains("bad1004");
    respond(CLUSTER, "2", cluster("bad2000"));
    assertThat(dump(talk)).as("room was made").containsExactly("CDS bad2000 NACKED v");
    assertThat(notKept).hasSize(5);
  }

  @Test
  void aLargeConfigurationIsNotKeptButItsReasonIs() {
    clusters(talk, Set.of("bad"));
    respond(CLUSTER, "1", cluster("bad").toBuilder().setAltStatName("x".repeat(17 << 20)).build());
    ResourceStatus.Failure failure = status("bad").failure().orElseThrow();
    assertThat(failure.error().message()).isEqualTo("no bad");
    assertThat(failure.configuration()).isEmpty();
    assertThat(notKept).containsExactly("bad");
  }
}
