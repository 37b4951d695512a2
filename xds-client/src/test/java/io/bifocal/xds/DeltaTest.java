package io.bifocal.xds;

import static io.bifocal.xds.Conversation.cluster;
import static io.bifocal.xds.Conversation.endpoints;
import static io.bifocal.xds.Conversation.listener;
import static io.bifocal.xds.Conversation.resource;
import static io.bifocal.xds.ResourceType.CLUSTER;
import static io.bifocal.xds.ResourceType.ENDPOINTS;
import static io.bifocal.xds.ResourceType.LISTENER;
import static io.bifocal.xds.ResourceType.VIRTUAL_HOST;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The incremental dialect, word for word. */
class DeltaTest {
  private final Conversation talk = Conversation.delta();

  @Test
  void startsUpInEnvoysOrder() {
    talk.subscribe(
        CLUSTER,
        Set.of(),
        clusters -> {
          talk.subscribe(
              ENDPOINTS,
              Set.of("e1"),
              assignments -> {
                talk.accept(LISTENER);
                return Verdict.accept();
              });
          return Verdict.accept();
        });
    talk.start();
    assertThat(talk.server.opened().get(0)).endsWith("DeltaAggregatedResources");
    assertThat(talk.heard()).containsExactly("CDS node n");
    talk.respondDelta(CLUSTER, "n1", List.of(resource("1", cluster("e1"))));
    assertThat(talk.heard()).containsExactly("EDS +[e1]", "CDS n1");
    talk.respondDelta(ENDPOINTS, "n2", List.of(resource("1", endpoints("e1"))));
    assertThat(talk.heard()).containsExactly("LDS", "EDS n2");
    talk.respondDelta(LISTENER, "n3", List.of(resource("1", listener("l1"))));
    assertThat(talk.heard()).containsExactly("LDS n3");
    assertThat(talk.takeSeen()).containsExactly("CDS [e1] @sn1", "EDS [e1] @sn2", "LDS [l1] @sn3");
  }

  @Test
  void changesOfInterestTravelAsDifferencesAndWithTheAck() {
    Subscription one = talk.accept(ENDPOINTS, "e1");
    talk.start();
    assertThat(talk.heard()).containsExactly("EDS +[e1] node n");
    talk.accept(ENDPOINTS, "e1", "e2");
    assertThat(talk.heard())
        .as("the known name too: its new subscriber waits for an answer")
        .singleElement()
        .isIn("EDS +[e1, e2]", "EDS +[e2, e1]");
    Hold hold = talk.subscriptions.hold(ENDPOINTS);
    talk.respondDelta(ENDPOINTS, "n1", List.of(resource("1", endpoints("e1"))));
    talk.respondDelta(ENDPOINTS, "n2", List.of(resource("1", endpoints("e2"))));
    talk.accept(ENDPOINTS, "e3");
    one.close();
    assertThat(talk.heard()).isEmpty();
    hold.close();
    assertThat(talk.heard()).containsExactly("EDS +[e3] n1", "EDS n2");
  }

  @Test
  void answersKeepTheOrderOfTheResponsesAcrossTypes() {
    talk.accept(LISTENER);
    talk.accept(CLUSTER);
    talk.start();
    talk.heard();
    Hold clusters = talk.subscriptions.hold(CLUSTER);
    Hold listeners = talk.subscriptions.hold(LISTENER);
    talk.respondDelta(CLUSTER, "n1", List.of(resource("1", cluster("a"))));
    talk.respondDelta(LISTENER, "n2", List.of());
    talk.respondDelta(CLUSTER, "n3", List.of(resource("2", cluster("a"))));
    talk.server.writable(false);
    talk.accept(ENDPOINTS, "e");
    listeners.close();
    clusters.close();
    assertThat(talk.heard()).isEmpty();
    talk.server.writable(true);
    assertThat(talk.heard()).containsExactly("CDS n1", "LDS n2", "CDS n3", "EDS +[e]");
  }

  @Test
  void aSecondSubscriptionToAKnownNameAsksAgain() {
    talk.accept(ENDPOINTS, "e1");
    talk.start();
    talk.respondDelta(ENDPOINTS, "n1", List.of(resource("1", endpoints("e1"))));
    talk.heard();
    talk.accept(ENDPOINTS, "e1");
    assertThat(talk.heard()).containsExactly("EDS +[e1]");
  }

  @Test
  void theLastUserOfANameUnsubscribesIt() {
    Subscription one = talk.accept(ENDPOINTS, "e1");
    Subscription two = talk.accept(ENDPOINTS, "e1");
    talk.start();
    talk.heard();
    one.close();
    assertThat(talk.heard()).isEmpty();
    two.close();
    assertThat(talk.heard()).containsExactly("EDS -[e1]");
  }

  @Test
  void aNewStreamHearsTheVersionsOfWhatWasAcceptedOnly() {
    talk.subscribe(
        CLUSTER,
        Set.of(),
        update ->
            update.resources().stream().anyMatch(r -> r.name().equals("bad"))
                ? Verdict.reject("bad")
                : Verdict.accept());
    Subscription one = talk.accept(ENDPOINTS, "e1", "e2");
    talk.start();
    talk.respondDelta(
        CLUSTER, "n1", List.of(resource("4", cluster("a")), resource("4", cluster("b"))));
    talk.respondDelta(
        CLUSTER, "n2", List.of(resource("5", cluster("good2")), resource("5", cluster("bad"))));
    talk.respondDelta(CLUSTER, "n3", List.of(), "b");
    talk.respondDelta(ENDPOINTS, "n4", List.of(resource("9", endpoints("e1"))));
    talk.respondDelta(ENDPOINTS, "n5", List.of(resource("9", endpoints("unasked"))));
    one.update(Set.of("e1", "e3"));
    talk.heard();
    talk.server.hangUp("restart");
    talk.time.advance(Duration.ofMillis(250));
    assertThat(talk.heard().get(0)).isEqualTo("CDS holds {a=4} node n");
    talk.server.hangUp("restart");
    talk.time.advance(Duration.ofSeconds(1));
    assertThat(talk.heard().get(1)).matches("EDS \\+\\[(e1, e3|e3, e1)] holds \\{e1=9}");
  }

  @Test
  void aNackTellsItsNonceAndWhy() {
    talk.subscribe(CLUSTER, Set.of(), update -> Verdict.reject("no"));
    talk.start();
    talk.heard();
    talk.respondDelta(CLUSTER, "n1", List.of(resource("1", cluster("a"))));
    assertThat(talk.heard()).containsExactly("CDS n1 error: no");
  }

  @Test
  void aNameTwiceRefusesTheWholeResponse() {
    talk.accept(CLUSTER);
    talk.start();
    talk.heard();
    talk.respondDelta(
        CLUSTER, "n1", List.of(resource("1", cluster("d1")), resource("2", cluster("d1"))));
    talk.respondDelta(CLUSTER, "n2", List.of(resource("1", cluster("X"))), "X");
    assertThat(talk.heard())
        .containsExactly(
            "CDS n1 error: duplicate name d1 found among added/updated resources",
            "CDS n2 error: duplicate name X found in the union of added+removed resources");
    assertThat(talk.takeSeen()).containsExactly("CDS Malformed", "CDS Malformed");
  }

  @Test
  void aResourceOfAnotherTypeRefusesTheWholeResponse() {
    talk.accept(CLUSTER);
    talk.start();
    talk.heard();
    talk.respondDelta(CLUSTER, "n1", List.of(resource("1", endpoints("e"))));
    assertThat(talk.heard().get(0))
        .startsWith(
            "CDS n1 error: type URL type.googleapis.com/envoy.config.endpoint.v3."
                + "ClusterLoadAssignment embedded in an individual Any does not match the"
                + " message-wide type URL type.googleapis.com/envoy.config.cluster.v3.Cluster in"
                + " DeltaDiscoveryResponse");
  }

  @Test
  void removalsReachWhoeverWantsTheName() {
    talk.accept(CLUSTER);
    talk.accept(ENDPOINTS, "e1");
    talk.start();
    talk.heard();
    talk.respondDelta(CLUSTER, "n1", List.of(), "a", "unknown");
    talk.respondDelta(ENDPOINTS, "n2", List.of(), "e1", "other");
    talk.respondDelta(ENDPOINTS, "n3", List.of(), "other");
    assertThat(talk.takeSeen())
        .containsExactly("CDS [] removed [a, unknown] @sn1", "EDS [] removed [e1] @sn2");
    assertThat(talk.heard()).containsExactly("CDS n1", "EDS n2", "EDS n3");
  }

  @Test
  void aMissUnderAnAliasIsARemovalOfVirtualHostsAndAFlawOfOthers() {
    List<Resource> miss = List.of(Resource.newBuilder().setName("x").addAliases("other").build());
    talk.accept(VIRTUAL_HOST, "x");
    talk.accept(ENDPOINTS, "x");
    talk.start();
    talk.heard();
    talk.takeSeen();
    talk.respondDelta(VIRTUAL_HOST, "n1", miss);
    assertThat(talk.heard()).containsExactly(VIRTUAL_HOST.typeUrl() + " n1");
    assertThat(talk.takeSeen()).containsExactly("VHDS [] removed [x] @sn1");
    talk.respondDelta(ENDPOINTS, "n2", miss);
    assertThat(talk.heard()).containsExactly("EDS n2 error: resource 'x' has no body");
  }

  @Test
  void whatNobodyAskedForMayBeAsBadAsItLikes() {
    Resource bad =
        Resource.newBuilder()
            .setName("other")
            .setVersion("1")
            .setResource(
                Any.newBuilder()
                    .setTypeUrl(ENDPOINTS.typeUrl())
                    .setValue(ByteString.copyFrom(new byte[] {(byte) 0xff, 1, 2})))
            .build();
    talk.accept(ENDPOINTS, "e1");
    talk.start();
    talk.heard();
    talk.respondDelta(ENDPOINTS, "n1", List.of(bad));
    assertThat(talk.heard()).containsExactly("EDS n1");
    talk.respondDelta(ENDPOINTS, "n2", List.of(bad.toBuilder().setName("e1").build()));
    assertThat(talk.heard().get(0)).startsWith("EDS n2 error: Unable to unpack");
  }

  @Test
  void aResourceReachesWhoeverAskedForItByAnAlias() {
    talk.accept(CLUSTER, "a", "b");
    talk.start();
    talk.heard();
    talk.respondDelta(
        CLUSTER,
        "n1",
        List.of(
            resource("1", cluster("c")).toBuilder().addAliases("a").addAliases("b").build(),
            resource("1", cluster("d")).toBuilder().addAliases("e").build()));
    assertThat(talk.takeSeen()).containsExactly("CDS [c] @sn1");
  }

  @Test
  void namesBesideEverythingAreOneSubscription() {
    Subscription all = talk.accept(CLUSTER);
    talk.start();
    talk.heard();
    all.update(Set.of("*", "a"));
    assertThat(talk.heard()).containsExactly("CDS +[a]");
    talk.respondDelta(
        CLUSTER, "n1", List.of(resource("1", cluster("a")), resource("1", cluster("b"))), "c");
    assertThat(talk.takeSeen()).containsExactly("CDS [a, b] removed [c] @sn1");
    assertThat(talk.heard()).containsExactly("CDS n1");
    talk.server.hangUp("restart");
    talk.time.advance(Duration.ofMillis(250));
    assertThat(talk.heard()).containsExactly("CDS +[*, a] holds {a=1, b=1} node n");
    all.update(Set.of("*"));
    assertThat(talk.heard()).containsExactly("CDS -[a]");
    all.close();
    assertThat(talk.heard()).containsExactly("CDS -[*]");
  }

  @Test
  void everythingIsGivenUpByUnsubscribingTheStar() {
    Subscription all = talk.accept(CLUSTER);
    talk.start();
    talk.heard();
    talk.accept(CLUSTER, "a");
    assertThat(talk.heard()).containsExactly("CDS +[a]");
    all.close();
    assertThat(talk.heard()).containsExactly("CDS -[*]");
    talk.server.hangUp("restart");
    talk.time.advance(Duration.ofMillis(250));
    assertThat(talk.heard()).containsExactly("CDS +[a] node n");
  }

  @Test
  void aNameBesideEverythingIsAskedForExplicitlyOnANewStream() {
    talk.accept(CLUSTER);
    talk.accept(CLUSTER, "a");
    talk.start();
    assertThat(talk.heard()).containsExactly("CDS +[*, a] node n");
    talk.respondDelta(
        CLUSTER,
        "n1",
        List.of(
            Resource.newBuilder()
                .setName("a")
                .setVersion("1")
                .setResource(Any.pack(cluster("a")))
                .build()));
    assertThat(talk.takeSeen()).containsExactly("CDS [a] @sn1", "CDS [a] @sn1");
  }
}
