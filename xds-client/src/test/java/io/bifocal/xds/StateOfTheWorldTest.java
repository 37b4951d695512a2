package io.bifocal.xds;

import static io.bifocal.xds.Conversation.cluster;
import static io.bifocal.xds.Conversation.endpoints;
import static io.bifocal.xds.Conversation.listener;
import static io.bifocal.xds.Conversation.routes;
import static io.bifocal.xds.ResourceType.CLUSTER;
import static io.bifocal.xds.ResourceType.ENDPOINTS;
import static io.bifocal.xds.ResourceType.LISTENER;
import static io.bifocal.xds.ResourceType.ROUTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a server hears, word for word, as it hears it from Envoy. */
class StateOfTheWorldTest {
  private final Conversation talk = Conversation.stateOfTheWorld();

  @Test
  void startsUpInEnvoysOrder() {
    talk.subscribe(
        CLUSTER,
        Set.of(),
        clusters -> {
          try (Hold together = talk.subscriptions.hold(ENDPOINTS)) {
            assertThat(together).isNotNull();
            talk.subscribe(
                ENDPOINTS,
                Set.of("e1"),
                assignments -> {
                  talk.subscribe(
                      LISTENER,
                      Set.of(),
                      listeners -> {
                        talk.accept(ROUTES, "r1");
                        return Verdict.accept();
                      });
                  return Verdict.accept();
                });
          }
          return Verdict.accept();
        });
    talk.start();
    assertThat(talk.heard()).containsExactly("CDS [] node n");
    talk.respond(CLUSTER, "1", "n1", cluster("a"), cluster("e1"));
    assertThat(talk.heard()).containsExactly("EDS [e1]", "CDS [] v1 n1");
    talk.respond(ENDPOINTS, "1", "n2", endpoints("e1"));
    assertThat(talk.heard()).containsExactly("LDS []", "EDS [e1] v1 n2");
    talk.respond(LISTENER, "1", "n3", listener("l1"));
    assertThat(talk.heard()).containsExactly("RDS [r1]", "LDS [] v1 n3");
    talk.respond(ROUTES, "1", "n4", routes("r1"));
    assertThat(talk.heard()).containsExactly("RDS [r1] v1 n4");
    assertThat(talk.takeSeen())
        .containsExactly("CDS all [a, e1] @1", "EDS [e1] @1", "LDS all [l1] @1", "RDS [r1] @1");
  }

  @Test
  void namesThatAreAddedUnderAHoldMakeOneRequest() {
    talk.start();
    try (Hold together = talk.subscriptions.hold(ENDPOINTS)) {
      assertThat(together).isNotNull();
      talk.accept(ENDPOINTS, "e1");
      talk.accept(ENDPOINTS, "e2");
      assertThat(talk.heard()).isEmpty();
    }
    assertThat(talk.heard()).containsExactly("EDS [e1, e2] node n");
  }

  @Test
  void theAckWaitsWhileItsTypeIsHeldAndResponsesAreProcessedAllTheSame() {
    talk.accept(CLUSTER);
    talk.start();
    talk.heard();
    Hold warming = talk.subscriptions.hold(CLUSTER);
    talk.respond(CLUSTER, "1", "n1", cluster("a"));
    talk.respond(CLUSTER, "2", "n2", cluster("b"));
    assertThat(talk.heard()).isEmpty();
    assertThat(talk.takeSeen()).containsExactly("CDS all [a] @1", "CDS all [b] @2");
    warming.close();
    warming.close();
    assertThat(talk.heard()).containsExactly("CDS [] v2 n2");
  }

  @Test
  void theAckWaitsForAPendingVerdict() {
    List<Verdict.Pending> pending = new ArrayList<>();
    talk.subscribe(
        CLUSTER,
        Set.of(),
        update -> {
          pending.add(Verdict.pending());
          return pending.get(pending.size() - 1);
        });
    talk.start();
    talk.heard();
    talk.respond(CLUSTER, "1", "n1", cluster("a"));
    talk.respond(CLUSTER, "2", "n2", cluster("b"));
    pending.get(1).settle(Verdict.reject("not b"));
    assertThat(talk.heard()).as("the elder response is still open").isEmpty();
    pending.get(0).settle(Verdict.accept());
    assertThat(talk.heard()).containsExactly("CDS [] v1 n2 error: not b");
  }

  @Test
  void aChangeOfInterestWaitsForAPendingVerdictForItWouldReadAsARefusal() {
    Verdict.Pending pending = Verdict.pending();
    talk.subscribe(ENDPOINTS, Set.of("e1"), update -> pending);
    talk.start();
    talk.respond(ENDPOINTS, "1", "n1", endpoints("e1"));
    talk.heard();
    talk.accept(ENDPOINTS, "e2");
    assertThat(talk.heard()).isEmpty();
    pending.settle(Verdict.accept());
    assertThat(talk.heard()).containsExactly("EDS [e1, e2] v1 n1");
  }

  @Test
  void aVerdictThatIsSettledAfterTheStreamBrokeStillCountsAsAVersion() {
    Verdict.Pending pending = Verdict.pending();
    talk.subscribe(CLUSTER, Set.of(), update -> pending);
    talk.start();
    talk.respond(CLUSTER, "1", "n1", cluster("a"));
    talk.server.hangUp("restart");
    talk.time.advance(Duration.ofSeconds(1));
    talk.heard();
    pending.settle(Verdict.accept());
    talk.server.hangUp("again");
    talk.time.advance(Duration.ofSeconds(2));
    assertThat(talk.heard()).endsWith("CDS [] v1 node n");
  }

  @Test
  void aRefusalTellsWhyOnceAndKeepsTheOldVersion() {
    talk.subscribe(
        CLUSTER,
        Set.of(),
        update -> update.version().equals("2") ? Verdict.reject("bad b") : Verdict.accept());
    talk.start();
    talk.respond(CLUSTER, "1", "n1", cluster("a"));
    talk.heard();
    talk.respond(CLUSTER, "2", "n2", cluster("b"));
    assertThat(talk.heard()).containsExactly("CDS [] v1 n2 error: bad b");
    talk.respond(CLUSTER, "3", "n3", cluster("c"));
    assertThat(talk.heard()).containsExactly("CDS [] v3 n3");
  }

  @Test
  void reasonsOfSeveralWatchersAreJoinedAndRepeatedOnesToldOnce() {
    talk.subscribe(ENDPOINTS, Set.of("x"), update -> Verdict.reject("no x"));
    talk.subscribe(ENDPOINTS, Set.of("y"), update -> Verdict.reject("no y"));
    talk.subscribe(ENDPOINTS, Set.of("x"), update -> Verdict.reject("no x"));
    talk.start();
    talk.heard();
    talk.respond(ENDPOINTS, "1", "n1", endpoints("y"), endpoints("x"));
    assertThat(talk.heard()).containsExactly("EDS [x, y] n1 error: no x; no y");
  }

  @Test
  void aWatcherThatThrowsHasRejected() {
    talk.subscribe(
        CLUSTER,
        Set.of(),
        update -> {
          throw new IllegalStateException("a bug");
        });
    talk.start();
    talk.heard();
    talk.respond(CLUSTER, "1", "n1", cluster("a"));
    assertThat(talk.heard()).containsExactly("CDS [] n1 error: a bug");
  }

  @Test
  void aLongReasonIsCut() {
    talk.subscribe(CLUSTER, Set.of(), update -> Verdict.reject("x".repeat(10_000)));
    talk.start();
    talk.heard();
    talk.respond(CLUSTER, "1", "n1", cluster("a"));
    assertThat(talk.heard().get(0)).endsWith("error: " + "x".repeat(4096) + "...(truncated)");
  }

  @Test
  void aNonceIsEchoedWhateverItIs() {
    talk.accept(CLUSTER);
    talk.start();
    talk.heard();
    talk.respond(CLUSTER, "1", "", cluster("a"));
    talk.respond(CLUSTER, "1", "\u2603 odd", cluster("a"));
    assertThat(talk.heard()).containsExactly("CDS [] v1", "CDS [] v1 \u2603 odd");
  }

  @Test
  void anUnsubscriptionTellsTheRestAndThenAnEmptyList() {
    Subscription one = talk.accept(ENDPOINTS, "e1");
    Subscription two = talk.accept(ENDPOINTS, "e2");
    talk.start();
    talk.respond(ENDPOINTS, "1", "n1", endpoints("e1"), endpoints("e2"));
    talk.heard();
    one.close();
    one.close();
    assertThat(talk.heard()).containsExactly("EDS [e2] v1 n1");
    two.close();
    assertThat(talk.heard()).containsExactly("EDS [] v1 n1");
  }

  @Test
  void aSubscriptionChangesItsNamesInOneRequest() {
    Subscription subscription = talk.accept(ENDPOINTS, "e1");
    talk.start();
    talk.respond(ENDPOINTS, "1", "n1", endpoints("e1"));
    talk.heard();
    subscription.update(Set.of("e2"));
    assertThat(talk.heard()).containsExactly("EDS [e2] v1 n1");
    subscription.update(Set.of("e2"));
    assertThat(talk.heard()).as("nothing changed").isEmpty();
    talk.takeSeen();
    talk.respond(ENDPOINTS, "2", "n2", endpoints("e1"));
    assertThat(talk.takeSeen()).as("e1 is no longer wanted").isEmpty();
  }

  @Test
  void aSecondSubscriptionToAKnownNameAsksAgain() {
    talk.accept(ENDPOINTS, "e1");
    talk.start();
    talk.respond(ENDPOINTS, "1", "n1", endpoints("e1"));
    talk.heard();
    talk.accept(ENDPOINTS, "e1");
    assertThat(talk.heard()).containsExactly("EDS [e1] v1 n1");
  }

  @Test
  void afterNamesWereSentEverythingIsAskedForByAStar() {
    Subscription named = talk.accept(CLUSTER, "a");
    talk.start();
    talk.heard();
    talk.accept(CLUSTER);
    assertThat(talk.heard()).containsExactly("CDS [*, a]");
    named.close();
    assertThat(talk.heard()).containsExactly("CDS [*]");
  }

  @Test
  void namedWatchersHearOnlyOfTheirNames() {
    talk.accept(ENDPOINTS, "e1");
    talk.start();
    talk.heard();
    talk.respond(ENDPOINTS, "1", "n1", endpoints("other"));
    assertThat(talk.heard()).as("acknowledged all the same").containsExactly("EDS [e1] v1 n1");
    talk.respond(ENDPOINTS, "2", "n2");
    talk.respond(ENDPOINTS, "3", "n3", endpoints("e1"), endpoints("other"), endpoints("e1"));
    assertThat(talk.takeSeen()).as("the first of two").containsExactly("EDS [e1] @3");
  }

  @Test
  void aClusterWatchedByNameIsRemovedWhenAResponseLacksIt() {
    talk.accept(CLUSTER, "a");
    talk.start();
    talk.respond(CLUSTER, "1", "n1", cluster("a"));
    talk.respond(CLUSTER, "2", "n2", cluster("b"));
    assertThat(talk.takeSeen()).containsExactly("CDS [a] @1", "CDS [] removed [a] @2");
  }

  @Test
  void anEmptyResponseIsEverythingThereIs() {
    talk.accept(CLUSTER);
    talk.start();
    talk.heard();
    talk.respond(CLUSTER, "1", "n1");
    assertThat(talk.heard()).containsExactly("CDS [] v1 n1");
    assertThat(talk.takeSeen()).containsExactly("CDS all [] @1");
  }

  @Test
  void aTypeThatNobodyAskedForIsIgnored() {
    talk.accept(CLUSTER);
    talk.start();
    talk.heard();
    talk.respond(ROUTES, "1", "n1", routes("r"));
    assertThat(talk.heard()).isEmpty();
    talk.respond(CLUSTER, "1", "n2", cluster("a"));
    assertThat(talk.heard()).containsExactly("CDS [] v1 n2");
  }

  @Test
  void whatComesAfterTheLastWatcherLeftIsNotTaken() {
    Subscription subscription = talk.accept(ENDPOINTS, "e1");
    talk.start();
    talk.respond(ENDPOINTS, "1", "n1", endpoints("e1"));
    subscription.close();
    talk.heard();
    talk.respond(ENDPOINTS, "2", "n2");
    assertThat(talk.heard()).as("an empty response is taken silently").isEmpty();
    talk.respond(ENDPOINTS, "3", "n3", endpoints("e1"));
    assertThat(talk.heard()).containsExactly("EDS [] v2 n3");
  }

  @Test
  void theNodeGoesWithEveryRequestUnlessToldOtherwise() {
    Conversation wordy = Conversation.stateOfTheWorld(s -> s.setSetNodeOnFirstMessageOnly(false));
    wordy.accept(CLUSTER);
    wordy.accept(LISTENER);
    wordy.start();
    assertThat(wordy.heard()).containsExactly("CDS [] node n", "LDS [] node n");
  }

  @Test
  void aNewStreamHearsWhatIsHeldAndWantedInTheOrderOfTheFirstSubscriptions() {
    Hold early = talk.subscriptions.hold(ROUTES);
    talk.accept(CLUSTER);
    talk.accept(ENDPOINTS, "e1");
    Subscription gone = talk.accept(ROUTES, "r1");
    early.close();
    talk.start();
    assertThat(talk.heard()).containsExactly("CDS [] node n", "EDS [e1]", "RDS [r1]");
    talk.respond(CLUSTER, "4", "n1", cluster("e1"));
    talk.respond(ENDPOINTS, "5", "n2", endpoints("e1"));
    gone.close();
    talk.heard();
    talk.server.hangUp("restart");
    talk.time.advance(Duration.ofMillis(250));
    assertThat(talk.heard()).containsExactly("CDS [] v4 node n", "EDS [e1] v5");
  }

  @Test
  void namesBesideEverythingAreToldWithTheStar() {
    Subscription all = talk.accept(CLUSTER);
    talk.start();
    talk.heard();
    all.update(Set.of("*", "a"));
    assertThat(talk.heard()).containsExactly("CDS [*, a]");
    talk.respond(CLUSTER, "1", "n1", cluster("b"));
    assertThat(talk.takeSeen()).containsExactly("CDS all [b] @1");
    assertThat(talk.heard()).containsExactly("CDS [*, a] v1 n1");
  }

  @Test
  void virtualHostsAreNotThereInThisDialect() {
    assertThatThrownBy(() -> talk.accept(ResourceType.VIRTUAL_HOST))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("VHDS")
        .hasMessageContaining("DELTA_GRPC");
  }
}
