package io.bifocal.dataplane.listener;

import static io.bifocal.dataplane.listener.ListenerFixture.connect;
import static io.bifocal.dataplane.listener.ListenerFixture.freePort;
import static io.bifocal.dataplane.listener.ListenerFixture.greetings;
import static io.bifocal.dataplane.listener.ListenerFixture.ip;
import static io.bifocal.dataplane.listener.ListenerFixture.listener;
import static io.bifocal.dataplane.listener.ListenerFixture.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bifocal.dataplane.listener.ListenerFixture.Client;
import io.bifocal.xds.Resource;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.SubscriptionObserver;
import io.envoyproxy.envoy.config.core.v3.TrafficDirection;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ListenerLifeTest {
  private final ListenerFixture proxy = new ListenerFixture();
  private final List<String> told = new ArrayList<>();

  @AfterEach
  void close() {
    proxy.close();
  }

  private void push(String version, Listener... listeners) {
    proxy.xds.respond(ResourceType.LISTENER, version, listeners);
    proxy.pump();
  }

  @Test
  void aListenerOfTheBootstrapIsBoundEarlyButTakesConnectionsOnlyFromStartWorkersOn()
      throws Exception {
    proxy.manager.addStatic(listener("l", 0, "hello"));
    proxy.manager.start(null, SubscriptionObserver.NONE, () -> told.add("initialized"));
    assertThat(told).containsExactly("initialized");
    int port = proxy.port("l");
    assertThat(port).isPositive();
    assertThatThrownBy(() -> connect(port)).isInstanceOf(ConnectException.class);

    proxy.manager.startWorkers();
    try (Client client = connect(port)) {
      assertThat(client.line()).isEqualTo("hello");
      assertThat(client.echo("what")).isEqualTo("what");
    }
  }

  @Test
  void initializationWaitsForTheFirstAnswerOfLdsAndForWhatItsListenersNeed() throws Exception {
    proxy.manager.start(ListenerFixture.LDS, SubscriptionObserver.NONE, () -> told.add("done"));
    assertThat(proxy.manager.unready()).containsExactly("LDS");
    push("1", listener("l", 0, "slow"));
    assertThat(told).isEmpty();
    assertThat(proxy.manager.unready()).containsExactly("listener 'l'");
    proxy.ready("slow");
    assertThat(told).containsExactly("done");
    assertThat(proxy.manager.unready()).isEmpty();
  }

  @Test
  void initializationGoesOnWithoutLdsWhenItTimesOutOrIsRefused() {
    proxy.manager.start(ListenerFixture.LDS, SubscriptionObserver.NONE, () -> told.add("done"));
    proxy.xds.disconnect();
    assertThat(told).isEmpty();
    proxy.xds.timeOut(ResourceType.LISTENER, "");
    proxy.xds.malformed(ResourceType.LISTENER, "no protobuf");
    assertThat(told).containsExactly("done");
  }

  @Test
  void aChangedListenerServesTheOldWayUntilItIsWarmAndThenTheNewWayOnTheSameSocket()
      throws Exception {
    proxy.started();
    int port = freePort();
    push("1", listener("l", port, "one"));
    try (Client old = connect(port)) {
      assertThat(old.line()).isEqualTo("one");
      push("2", listener("l", port, "slow two"));
      assertThat(greetings(port, 4)).containsOnly("one");
      assertThat(proxy.gauge("listener_manager.total_listeners_warming")).isEqualTo(1);
      assertThat(proxy.manager.dump().getDynamicListeners(0).hasWarmingState()).isTrue();

      proxy.ready("slow two");
      assertThat(greetings(port, 4)).containsOnly("slow two");
      assertThat(old.echo("still here")).isEqualTo("still here");
      assertThat(proxy.drained).containsExactly("one");
      assertThat(proxy.closed).isEmpty();

      proxy.advance(ListenerFixture.DRAIN_TIME.minusSeconds(1));
      assertThat(old.echo("still here")).isEqualTo("still here");
      proxy.advance(Duration.ofSeconds(1));
      assertThat(old.ended()).isTrue();
      proxy.until(() -> proxy.closed.contains("one"));
    }
    assertThat(proxy.counter("listener_manager.listener_added")).isEqualTo(1);
    assertThat(proxy.counter("listener_manager.listener_modified")).isEqualTo(1);
    assertThat(proxy.counter("listener_manager.listener_in_place_updated")).isEqualTo(1);
    assertThat(proxy.control.time.pendingTimers()).isZero();
  }

  @Test
  void aChangeOfOneFilterChainLeavesTheConnectionsOfTheOthersAlone() throws Exception {
    proxy.started();
    int port = freePort();
    Listener one =
        Listener.newBuilder()
            .setName("l")
            .setAddress(ip("127.0.0.1", port))
            .addFilterChains(
                ListenerFixture.chain("elsewhere").toBuilder()
                    .setFilterChainMatch(
                        io.envoyproxy.envoy.config.listener.v3.FilterChainMatch.newBuilder()
                            .setDestinationPort(ListenerFixture.uint(1))))
            .addFilterChains(ListenerFixture.chain("here"))
            .build();
    push("1", one);
    try (Client client = connect(port)) {
      assertThat(client.line()).isEqualTo("here");
      push("2", one.toBuilder().removeFilterChains(0).build());
      proxy.advance(ListenerFixture.DRAIN_TIME);
      assertThat(client.echo("unharmed")).isEqualTo("unharmed");
    }
    proxy.until(() -> proxy.closed.contains("elsewhere"));
    assertThat(proxy.drained).containsExactly("elsewhere");
  }

  @Test
  void anUnchangedListenerIsLeftAlone() throws Exception {
    proxy.started();
    Listener same = listener("l", freePort(), "one");
    push("1", same);
    push("2", same);
    assertThat(proxy.counter("listener_manager.listener_modified")).isZero();
    assertThat(proxy.drained).isEmpty();
    assertThat(proxy.manager.dump().getDynamicListeners(0).getActiveState().getVersionInfo())
        .isEqualTo("1");
  }

  @Test
  void aChangeThatIsTakenBackWhileItWarmsIsForgotten() throws Exception {
    proxy.started();
    Listener one = listener("l", freePort(), "one");
    push("1", one);
    push("2", listener("l", one.getAddress(), "slow"));
    push("3", one);
    assertThat(proxy.closed).containsExactly("slow");
    proxy.ready("slow");
    assertThat(greetings(proxy.port("l"), 2)).containsOnly("one");
    assertThat(proxy.gauge("listener_manager.total_listeners_warming")).isZero();
  }

  @Test
  void aRemovedListenerTakesNoConnectionAndThoseThatItHasDrain() throws Exception {
    proxy.started();
    int port = freePort();
    push("1", listener("l", port, "one"));
    try (Client client = connect(port)) {
      assertThat(client.line()).isEqualTo("one");
      push("2");
      proxy.until(() -> refused(port));
      assertThat(client.echo("still here")).isEqualTo("still here");
      assertThat(proxy.gauge("listener_manager.total_listeners_draining")).isEqualTo(1);
      assertThat(proxy.manager.dump().getDynamicListeners(0).hasDrainingState()).isTrue();
      proxy.advance(ListenerFixture.DRAIN_TIME);
      assertThat(client.ended()).isTrue();
    }
    proxy.until(() -> proxy.gauge("listener_manager.total_listeners_draining") == 0);
    assertThat(proxy.closed).containsExactly("one");
    assertThat(proxy.counter("listener_manager.listener_removed")).isEqualTo(1);
    assertThat(proxy.stats.counters())
        .noneMatch(c -> c.name().full().startsWith("listener.127.0.0.1_" + port));
  }

  @Test
  void aDeltaRemovesByName() throws Exception {
    proxy.started();
    Listener a = listener("a", 0, "a");
    Listener b = listener("b", 0, "b");
    push("1", a, b);
    proxy.xds.respondDelta(ResourceType.LISTENER, "2", List.of(), List.of("a"));
    assertThat(proxy.manager.listeners()).singleElement().matches(l -> l.getName().equals("b"));
    proxy.xds.respondDelta(
        ResourceType.LISTENER, "3", List.of(new Resource<>("a", "7", a)), List.of());
    assertThat(proxy.manager.listeners()).hasSize(2);
    assertThat(proxy.manager.dump().getDynamicListeners(1).getActiveState().getVersionInfo())
        .isEqualTo("7");
  }

  @Test
  void aListenerUnderANewNameTakesOverTheAddressOfTheOneThatTheSameUpdateRemoves()
      throws Exception {
    proxy.started();
    int port = freePort();
    push("1", listener("l1", port, "one"));
    assertThat(greetings(port, 1)).containsExactly("one");
    push("2", listener("l2", port, "slow two"));
    Client early = connect(port); // waits in the kernel meanwhile
    proxy.ready("slow two");
    assertThat(early.line()).isEqualTo("slow two");
    early.close();
    assertThat(greetings(port, 4)).containsOnly("slow two");
    assertThat(proxy.xds.requests()).last().isEqualTo("LDS[] v2");
  }

  @Test
  void aListenerMovesToAnotherAddress() throws Exception {
    proxy.started();
    int from = freePort();
    push("1", listener("l", from, "one"));
    int to = freePort();
    push("2", listener("l", to, "two"));
    assertThat(greetings(to, 2)).containsOnly("two");
    proxy.until(() -> refused(from));
  }

  @Test
  void aListenerOfTheBootstrapIsNotTouchedByLds() throws Exception {
    proxy.manager.addStatic(listener("l", 0, "static"));
    proxy.started();
    push("1", listener("l", 0, "dynamic"));
    assertThat(proxy.xds.requests()).last().isEqualTo("LDS[] v1");
    push("2");
    assertThat(greetings(proxy.port("l"), 1)).containsExactly("static");
    assertThat(proxy.manager.dump().getStaticListenersCount()).isEqualTo(1);
    assertThat(proxy.manager.dump().getDynamicListenersCount()).isZero();
  }

  @Test
  void aDrainStopsAcceptingAndLeavesConnections() throws Exception {
    proxy.started();
    int port = freePort();
    push("1", listener("l", port, "one"));
    try (Client client = connect(port)) {
      client.line();
      proxy.manager.drain(false, () -> told.add("drained"));
      assertThat(told).containsExactly("drained");
      proxy.until(() -> refused(port));
      assertThat(client.echo("still here")).isEqualTo("still here");
      assertThat(proxy.drained).isEmpty();
    }
    assertThat(proxy.counter("listener_manager.listener_stopped")).isEqualTo(1);
  }

  @Test
  void aGracefulDrainEndsWithTheLastConnection() throws Exception {
    proxy.started();
    int port = freePort();
    push("1", listener("l", port, "one"));
    Client client = connect(port);
    client.line();
    proxy.manager.drain(true, () -> told.add("drained"));
    proxy.pump();
    assertThat(proxy.drained).containsExactly("one");
    assertThat(told).isEmpty();
    client.close();
    proxy.until(() -> told.contains("drained"));
    proxy.until(() -> refused(port));
    assertThat(proxy.control.time.pendingTimers()).isZero();
  }

  @Test
  void aGracefulDrainEndsAtTheLatestWithTheDrainTime() throws Exception {
    proxy.started();
    int port = freePort();
    push("1", listener("l", port, "one"));
    try (Client client = connect(port)) {
      client.line();
      proxy.manager.drain(true, () -> told.add("drained"));
      assertThat(greetings(port, 2)).containsOnly("one");
      proxy.advance(ListenerFixture.DRAIN_TIME);
      assertThat(told).containsExactly("drained");
      proxy.until(() -> refused(port));
    }
  }

  @Test
  void aDrainOfInboundListenersLeavesTheOthersAlone() throws Exception {
    proxy.started();
    int in = freePort();
    int out = freePort();
    Listener inbound =
        listener("in", in, "in").toBuilder().setTrafficDirection(TrafficDirection.INBOUND).build();
    push("1", inbound, listener("out", out, "out"));
    proxy.manager.drain(false, true, () -> told.add("drained"));
    assertThat(told).containsExactly("drained");
    proxy.until(() -> refused(in));
    assertThat(greetings(out, 1)).containsExactly("out");

    // A later version of it does not bring it back.
    push("2", inbound.toBuilder().setStatPrefix("x").build(), listener("out", out, "out"));
    assertThat(refused(in)).isTrue();
    proxy.manager.drain(false, () -> told.add("all"));
    proxy.until(() -> refused(out));
    assertThat(proxy.counter("listener_manager.listener_stopped")).isEqualTo(2);
  }

  @Test
  void connectionsCanBeAskedToEndWhileOthersAreAccepted() throws Exception {
    proxy.started();
    push("1", listener("l", 0, "one"));
    proxy.manager.drainConnections(true);
    assertThat(proxy.drained).isEmpty();
    proxy.manager.drainConnections(false);
    assertThat(proxy.drained).containsExactly("one");
    assertThat(greetings(proxy.port("l"), 1)).containsExactly("one");
  }

  @Test
  void closingEndsEveryConnectionAndWaitsForIt() throws Exception {
    proxy.started();
    push("1", listener("l", freePort(), "one"));
    Client client = connect(proxy.port("l"));
    client.line();
    int port = proxy.port("l");
    proxy.manager.close();
    assertThat(refused(port)).isTrue();
    assertThat(client.ended()).isTrue();
    assertThat(proxy.closed).containsExactly("one");
    assertThat(proxy.xds.open(ResourceType.LISTENER)).isZero();
    client.close();
  }
}
