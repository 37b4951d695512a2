package io.bifocal.xds;

import static io.bifocal.xds.Conversation.cluster;
import static io.bifocal.xds.Conversation.endpoints;
import static io.bifocal.xds.ResourceType.CLUSTER;
import static io.bifocal.xds.ResourceType.ENDPOINTS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.protobuf.util.Durations;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource.ApiType;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.SelfConfigSource;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Patience with a silent server, times to live, and what a subscription's observer counts. */
class TimeTest {
  private final Conversation talk = Conversation.stateOfTheWorld();

  private static final class Counted implements SubscriptionObserver {
    final List<String> events = new ArrayList<>();

    @Override
    public void onAttempt() {
      events.add("attempt");
    }

    @Override
    public void onSuccess(String version, Duration took) {
      events.add("success " + version + " in " + took.toMillis());
    }

    @Override
    public void onRejected(String reason) {
      events.add("rejected " + reason);
    }

    @Override
    public void onFailure() {
      events.add("failure");
    }

    @Override
    public void onFetchTimeout() {
      events.add("timeout");
    }
  }

  @Test
  void patienceEndsAfterFifteenSecondsByDefaultAndALateAnswerIsDelivered() {
    Counted counted = new Counted();
    ConfigSource plain = Conversation.ADS.toBuilder().clearInitialFetchTimeout().build();
    talk.start();
    talk.subscribe(plain, CLUSTER, Set.of(), u -> Verdict.accept(), counted);
    talk.time.advance(Duration.ofMillis(14_999));
    assertThat(talk.takeSeen()).isEmpty();
    talk.time.advance(Duration.ofMillis(1));
    assertThat(talk.takeSeen()).containsExactly("CDS FetchTimeout");
    talk.respond(CLUSTER, "1", "n1", cluster("a"));
    assertThat(talk.takeSeen()).containsExactly("CDS all [a] @1");
    assertThat(counted.events)
        .containsExactly("attempt", "timeout", "attempt", "success 1 in 0", "attempt");
  }

  @Test
  void zeroMeansForEver() {
    talk.start();
    talk.subscribe(
        Conversation.ads(0), CLUSTER, Set.of(), u -> Verdict.accept(), SubscriptionObserver.NONE);
    talk.time.advance(Duration.ofHours(24));
    assertThat(talk.takeSeen()).isEmpty();
  }

  @Test
  void anAnswerAMalformedOneOrAnEndStopsTheWait() {
    talk.accept(CLUSTER);
    talk.accept(ENDPOINTS, "e").close();
    talk.start();
    talk.respond(CLUSTER, "1", "n", endpoints("wrong"));
    assertThat(talk.time.pendingTimers()).isZero();
  }

  @Test
  void theObserverCountsInEnvoysTerms() {
    Counted counted = new Counted();
    Verdict.Pending slow = Verdict.pending();
    talk.subscribe(
        Conversation.ADS,
        CLUSTER,
        Set.of(),
        u ->
            switch (u.version()) {
              case "1" -> Verdict.accept();
              case "2" -> Verdict.reject("no");
              default -> slow;
            },
        counted);
    talk.start();
    talk.respond(CLUSTER, "1", "n1", cluster("a"));
    talk.respond(CLUSTER, "2", "n2", cluster("a"));
    talk.respond(CLUSTER, "3", "n3", cluster("a"));
    talk.time.advance(Duration.ofMillis(7));
    slow.settle(Verdict.accept());
    talk.server.hangUp("x");
    talk.time.run();
    assertThat(counted.events)
        .containsExactly(
            "attempt",
            "success 1 in 0",
            "attempt",
            "rejected no",
            "attempt",
            "success 3 in 7",
            "attempt",
            "failure",
            "attempt");
  }

  @Test
  void sourcesThatAreNotServedAreNamed() {
    ConfigSource self =
        ConfigSource.newBuilder().setSelf(SelfConfigSource.getDefaultInstance()).build();
    assertThatThrownBy(
            () ->
                talk.subscriptions.subscribe(
                    self, CLUSTER, Set.of(), u -> Verdict.accept(), SubscriptionObserver.NONE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Missing config source specifier");
  }

  private static Resource living(Message value, String name, long seconds) {
    Resource.Builder resource =
        Resource.newBuilder().setName(name).setVersion("v").setTtl(Durations.fromSeconds(seconds));
    if (!value.equals(cluster(""))) {
      resource.setResource(Any.pack(value));
    }
    return resource.build();
  }

  private static Resource heartbeat(String name, long seconds) {
    return living(cluster(""), name, seconds);
  }

  @Test
  void anExpiredResourceIsRemovedAndNothingIsSent() {
    talk.accept(CLUSTER);
    talk.accept(CLUSTER, "b");
    talk.start();
    talk.respond(CLUSTER, "1", "n1", living(cluster("a"), "a", 2), cluster("b"));
    talk.heard();
    talk.takeSeen();
    talk.time.advance(Duration.ofMillis(1_999));
    assertThat(talk.takeSeen()).isEmpty();
    talk.time.advance(Duration.ofMillis(1));
    assertThat(talk.takeSeen()).containsExactly("CDS [] removed [a] @1");
    assertThat(talk.heard()).isEmpty();
  }

  @Test
  void aHeartbeatRenewsAndIsAcknowledgedAndTellsWatchersNothing() {
    talk.accept(CLUSTER);
    talk.start();
    talk.respond(CLUSTER, "1", "n1", living(cluster("a"), "a", 2));
    talk.heard();
    talk.takeSeen();
    talk.time.advance(Duration.ofSeconds(1));
    talk.respond(CLUSTER, "1", "n2", heartbeat("a", 2));
    assertThat(talk.heard()).containsExactly("CDS [] v1 n2");
    talk.time.advance(Duration.ofMillis(1_999));
    assertThat(talk.takeSeen()).isEmpty();
    talk.time.advance(Duration.ofMillis(1));
    assertThat(talk.takeSeen()).containsExactly("CDS [] removed [a] @1");
  }

  @Test
  void aHeartbeatBesideOthersDoesNotReadAsARemoval() {
    talk.accept(CLUSTER);
    talk.start();
    talk.respond(CLUSTER, "1", "n1", living(cluster("a"), "a", 2));
    talk.takeSeen();
    talk.respond(CLUSTER, "1", "n2", heartbeat("a", 2), cluster("b"));
    assertThat(talk.takeSeen()).containsExactly("CDS [b] @1");
  }

  @Test
  void aHeartbeatOfAnotherVersionIsRefused() {
    talk.accept(CLUSTER);
    talk.start();
    talk.respond(CLUSTER, "1", "n1", living(cluster("a"), "a", 2));
    talk.heard();
    talk.respond(CLUSTER, "2", "n2", heartbeat("a", 2));
    assertThat(talk.heard())
        .containsExactly(
            "CDS [] v1 n2 error: resource 'a' has no body, and version '2' of it is not held");
  }

  @Test
  void aResourceThatComesWithoutATimeLivesForEver() {
    talk.accept(CLUSTER);
    talk.start();
    talk.respond(CLUSTER, "1", "n1", living(cluster("a"), "a", 2));
    talk.respond(CLUSTER, "2", "n2", cluster("a"));
    assertThat(talk.time.pendingTimers()).isZero();
  }

  @Test
  void expiredEndpointsAreARemovalInBothDialects() {
    for (ApiType api : List.of(ApiType.GRPC, ApiType.DELTA_GRPC)) {
      Conversation either = Conversation.in(api);
      either.accept(ENDPOINTS, "e1");
      either.accept(ENDPOINTS, "e2");
      either.start();
      Resource e1 = living(endpoints("e1"), "e1", 1);
      if (api == ApiType.GRPC) {
        either.respond(ENDPOINTS, "1", "n1", e1);
      } else {
        either.respondDelta(ENDPOINTS, "n1", List.of(e1));
      }
      either.takeSeen();
      either.time.advance(Duration.ofSeconds(1));
      assertThat(either.takeSeen().get(0)).startsWith("EDS [] removed [e1]");
      either.heard();
      either.server.hangUp("restart");
      either.time.advance(Duration.ofSeconds(1));
      assertThat(either.heard())
          .containsExactly(api == ApiType.GRPC ? "EDS [e1, e2] v1 node n" : "EDS +[e1, e2] node n");
    }
  }

  @Test
  void aDeltaHeartbeatOfAnotherVersionThanTheOneHeldIsRefused() {
    Conversation delta = Conversation.delta();
    delta.accept(CLUSTER);
    delta.start();
    delta.respondDelta(CLUSTER, "n1", List.of(living(cluster("a"), "a", 2)));
    delta.heard();
    delta.takeSeen();
    delta.time.advance(Duration.ofSeconds(1));
    delta.respondDelta(
        CLUSTER, "n2", List.of(heartbeat("a", 9).toBuilder().setVersion("other").build()));
    assertThat(delta.heard())
        .containsExactly(
            "CDS n2 error: resource 'a' has no body, and version 'other' of it is not held");
    delta.takeSeen();
    delta.time.advance(Duration.ofSeconds(1));
    assertThat(delta.takeSeen()).containsExactly("CDS [] removed [a] @sn1");
  }
}
