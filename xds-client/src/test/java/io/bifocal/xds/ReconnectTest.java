package io.bifocal.xds;

import static io.bifocal.xds.Conversation.cluster;
import static io.bifocal.xds.ResourceType.CLUSTER;
import static io.bifocal.xds.ResourceType.LISTENER;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DoubleValue;
import com.google.protobuf.UInt32Value;
import com.google.protobuf.util.Durations;
import io.envoyproxy.envoy.config.core.v3.BackoffStrategy;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.RateLimitSettings;
import io.envoyproxy.envoy.config.core.v3.RetryPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A stream breaks and comes again, after delays of full jitter. */
class ReconnectTest {
  private final Conversation talk = Conversation.stateOfTheWorld();

  private static long millisUntilOpened(Conversation talk) {
    int before = talk.server.opened().size();
    long millis = 0;
    while (talk.server.opened().size() == before) {
      talk.time.advance(Duration.ofMillis(1));
      millis++;
    }
    return millis;
  }

  @Test
  void theBoundOfTheDelayDoublesFromHalfASecondToThirty() {
    talk.chance = 0.5;
    talk.server.reachable(false);
    talk.start();
    List<Long> delays = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      delays.add(millisUntilOpened(talk));
    }
    assertThat(delays)
        .containsExactly(250L, 500L, 1000L, 2000L, 4000L, 8000L, 15_000L, 15_000L, 15_000L);
  }

  @Test
  void theDelayMayBeNone() {
    talk.chance = 0;
    talk.start();
    talk.server.hangUp("once");
    talk.time.run();
    assertThat(talk.server.opened()).hasSize(2);
    assertThat(talk.server.isOpen()).isTrue();
  }

  @Test
  void onlyAResponseResetsTheDelayNotAMereConnection() {
    talk.chance = 0.9999;
    talk.accept(CLUSTER);
    talk.start();
    talk.server.hangUp("1");
    assertThat(millisUntilOpened(talk)).isEqualTo(500);
    talk.time.run();
    talk.server.hangUp("2");
    assertThat(millisUntilOpened(talk)).isEqualTo(1000);
    talk.time.run();
    talk.respond(CLUSTER, "1", "n", cluster("a"));
    talk.server.hangUp("3");
    assertThat(millisUntilOpened(talk)).isEqualTo(500);
  }

  @Test
  void aServerThatFlapsForAMinuteCostsWhatTheBackOffSaysAndNothingIsForgotten() {
    talk.chance = 0.5;
    talk.accept(CLUSTER);
    talk.start();
    int flaps = 0;
    for (int tick = 0; tick < 60_000 / 50; tick++) {
      if (talk.server.isOpen()) {
        flaps++;
        talk.respond(CLUSTER, "v" + flaps, "n" + flaps, cluster("a"));
        talk.server.hangUp("flap");
        talk.heard();
      }
      talk.time.advance(Duration.ofMillis(50));
    }
    assertThat(flaps).isBetween(230, 241);
    assertThat(talk.time.pendingTimers()).isLessThanOrEqualTo(1);
    talk.time.advance(Duration.ofMillis(250));
    assertThat(talk.heard()).containsExactly("CDS [] v" + "v" + flaps + " node n");
  }

  @Test
  void theConfiguredBackOffIsObeyed() {
    Conversation configured =
        Conversation.stateOfTheWorld(
            s ->
                s.setGrpcServices(
                    0,
                    GrpcService.newBuilder()
                        .setEnvoyGrpc(
                            GrpcService.EnvoyGrpc.newBuilder()
                                .setRetryPolicy(
                                    RetryPolicy.newBuilder()
                                        .setRetryBackOff(
                                            BackoffStrategy.newBuilder()
                                                .setBaseInterval(Durations.fromMillis(10))
                                                .setMaxInterval(Durations.fromMillis(15)))))));
    configured.chance = 0.9999;
    configured.server.reachable(false);
    configured.start();
    assertThat(millisUntilOpened(configured)).isEqualTo(10);
    assertThat(millisUntilOpened(configured)).isEqualTo(15);
    assertThat(millisUntilOpened(configured)).isEqualTo(15);
  }

  @Test
  void everyWatcherHearsThatTheStreamBroke() {
    talk.accept(CLUSTER);
    talk.accept(LISTENER);
    talk.start();
    talk.server.hangUp("gone");
    talk.time.run();
    assertThat(talk.takeSeen()).containsExactly("CDS Disconnected", "LDS Disconnected");
  }

  @Test
  void aResponseThatCameJustBeforeTheEndIsTakenWithoutAnAnswer() {
    talk.accept(CLUSTER);
    talk.start();
    talk.heard();
    talk.server.respond(
        io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse.newBuilder()
            .setTypeUrl(CLUSTER.typeUrl())
            .setVersionInfo("1")
            .setNonce("old")
            .addResources(com.google.protobuf.Any.pack(cluster("a")))
            .build());
    talk.server.hangUp("done");
    talk.time.run();
    assertThat(talk.takeSeen()).contains("CDS all [a] @1");
    talk.time.advance(Duration.ofSeconds(1));
    assertThat(talk.heard()).containsExactly("CDS [] v1 node n");
  }

  @Test
  void closingEndsTheStreamAndAllTimers() {
    talk.accept(CLUSTER);
    talk.server.reachable(false);
    talk.start();
    talk.client.close();
    talk.client.close();
    talk.time.run();
    assertThat(talk.time.pendingTimers()).isZero();
    talk.time.advance(Duration.ofMinutes(1));
    assertThat(talk.server.opened()).hasSize(1);
  }

  @Test
  void requestsBeyondTheRateLimitWaitAndAreCounted() {
    List<Integer> pending = new ArrayList<>();
    Conversation limited =
        Conversation.stateOfTheWorld(
            s ->
                s.setRateLimitSettings(
                    RateLimitSettings.newBuilder()
                        .setMaxTokens(UInt32Value.of(2))
                        .setFillRate(DoubleValue.of(10))),
            new TransportObserver() {
              @Override
              public void onPendingRequests(int count) {
                pending.add(count);
              }
            });
    limited.start();
    limited.accept(CLUSTER);
    limited.accept(LISTENER);
    limited.accept(ResourceType.ENDPOINTS, "e1");
    limited.accept(ResourceType.ENDPOINTS, "e2");
    assertThat(limited.heard()).containsExactly("CDS [] node n", "LDS []");
    assertThat(pending).containsExactly(1);
    limited.time.advance(Duration.ofMillis(99));
    assertThat(limited.heard()).isEmpty();
    limited.time.advance(Duration.ofMillis(1));
    assertThat(limited.heard()).containsExactly("EDS [e1, e2]");
    assertThat(pending).containsExactly(1, 0);
  }

  @Test
  void theObserverHearsOfConnectionsAndOfTheServersName() {
    List<String> told = new ArrayList<>();
    Conversation observed =
        Conversation.stateOfTheWorld(
            new TransportObserver() {
              @Override
              public void onConnected(boolean connected) {
                told.add("connected " + connected);
              }

              @Override
              public void onIdentifier(String identifier) {
                told.add(identifier);
              }
            },
            false);
    observed.start();
    observed.accept(CLUSTER);
    observed.say(
        io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse.newBuilder()
            .setTypeUrl(CLUSTER.typeUrl())
            .setControlPlane(
                io.envoyproxy.envoy.config.core.v3.ControlPlane.newBuilder().setIdentifier("cp-1"))
            .build());
    observed.server.hangUp("bye");
    observed.time.run();
    assertThat(told).containsExactly("connected true", "cp-1", "connected false");
  }
}
