package io.bifocal.dataplane.connect;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.connect.ConnectFailure.Kind;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.AddressList;
import io.bifocal.dataplane.transport.TransportSocket;
import io.bifocal.xds.time.VirtualTime;
import io.netty.channel.Channel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Races in virtual time. */
class RaceRunnerTest {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

  private final VirtualTime time = new VirtualTime();
  private final ScriptedNetwork network = new ScriptedNetwork(time);
  private final List<RaceOutcome> outcomes = new ArrayList<>();
  private final List<List<AttemptEvent>> heard = new ArrayList<>();
  private final RaceRunner runner =
      new RaceRunner(time, network, race -> heard.add(race.attempts()));
  private final List<Address> addresses = AddressOrderTest.parse("6a 4a 6b 4b");

  @AfterEach
  void nothingIsLeft() {
    assertThat(time.pendingTimers()).as("timers").isZero();
    assertThat(network.open()).as("sockets").isEqualTo(winners());
  }

  @Test
  void aSilentFirstAddressCostsOneStagger() {
    network.silent(addresses.get(0)).connects(addresses.get(1), ms(2));
    run(2);
    time.advance(ms(301));
    assertThat(outcomes).isEmpty();
    time.advance(ms(1));
    assertThat(won().address()).isEqualTo(addresses.get(1));
    assertThat(won().attempts()).hasSize(4);
  }

  @Test
  void theTimeThatOpeningASocketTakesIsPartOfItsStagger() {
    network.silent(addresses.get(0)).connects(addresses.get(1), ms(2));
    Network slow =
        (address, settings, transport, answer) -> {
          time.elapse(ms(40));
          return network.dial(address, settings, transport, answer);
        };
    new RaceRunner(time, slow, RaceListener.NONE)
        .run(RacePlan.of("c", addresses.subList(0, 2), CONNECT_TIMEOUT), outcomes::add);
    time.advance(ms(1000));
    AttemptEvent second = won().attempts().get(1);
    assertThat(second).isInstanceOf(AttemptEvent.Started.class);
    assertThat(second.atNanos()).isEqualTo(ms(300).toNanos());
  }

  @Test
  void aRefusedFirstAddressCostsNothing() {
    network.refuses(addresses.get(0), ms(1)).connects(addresses.get(1), ms(1));
    run(2);
    time.advance(ms(2));
    assertThat(won().address()).isEqualTo(addresses.get(1));
  }

  @Test
  void aFirstAddressThatIsMerelySlowStillWins() {
    network.connects(addresses.get(0), ms(380)).connects(addresses.get(1), ms(500));
    run(2);
    time.advance(ms(1000));
    assertThat(won().address()).isEqualTo(addresses.get(0));
    assertThat(network.dialled()).hasSize(2);
  }

  @Test
  void aRefusalInTheMiddleBringsTheNextForward() {
    network
        .silent(addresses.get(0))
        .refuses(addresses.get(1), ms(2))
        .connects(addresses.get(2), ms(1));
    run(3);
    time.advance(ms(303));
    assertThat(won().address()).isEqualTo(addresses.get(2));
    assertThat(network.dialled())
        .extracting(d -> Duration.ofNanos(d.at()).toMillis())
        .containsExactly(0L, 300L, 302L);
  }

  @Test
  void theTimeoutSpansTheWholeRace() {
    addresses.forEach(network::silent);
    runner.run(RacePlan.of("c", addresses, Duration.ofMillis(700)), outcomes::add);
    time.advance(ms(700));
    assertThat(failed().failure()).isEqualTo(new ConnectFailure(Kind.TIMEOUT, ""));
    assertThat(network.dialled()).hasSize(3);
  }

  @Test
  void whenAllFailTheLastFailureIsTold() {
    network
        .fails(addresses.get(0), ms(1), new ConnectFailure(Kind.LOCAL, "first"))
        .refuses(addresses.get(1), ms(1));
    run(2);
    time.advance(ms(2));
    assertThat(failed().failure().detail()).isEqualTo("delayed connect error: Connection refused");
  }

  @Test
  void aCancelledRaceTellsItsListenerButNoOutcome() {
    network.silent(addresses.get(0)).silent(addresses.get(1));
    RaceRunner.Race race = run(2);
    time.advance(ms(350));
    race.cancel();
    time.advance(ms(10_000));
    race.cancel();
    assertThat(outcomes).isEmpty();
    assertThat(heard).hasSize(1);
  }

  @Test
  void theListenerHearsEachRaceOnce() {
    run(4);
    time.run();
    assertThat(heard).containsExactly(won().attempts());
  }

  @Test
  void aPeerThatAcceptsAndIsSilentInTheHandshakeCostsOneStagger() {
    network.handshakeSilent(addresses.get(0)).handshakes(addresses.get(1), ms(3));
    run(2);
    time.advance(ms(302));
    assertThat(outcomes).isEmpty();
    time.advance(ms(1));
    assertThat(won().address()).isEqualTo(addresses.get(1));
    assertThat(network.connected().get(0).isOpen()).as("the loser's socket").isFalse();
  }

  @Test
  void aBadCertificateCostsNothing() {
    network.handshakeFails(addresses.get(0), ms(4), "TLS_error:bad");
    run(2);
    time.advance(ms(4));
    assertThat(won().address()).isEqualTo(addresses.get(1));
    assertThat(won().attempts())
        .contains(
            new AttemptEvent.Failed(
                0,
                addresses.get(0),
                ms(4).toNanos(),
                new ConnectFailure(Kind.REMOTE, "TLS_error:bad")));
    assertThat(network.connected().get(0).isOpen()).as("the loser's socket").isFalse();
  }

  @Test
  void aSlowHandshakeThatIsDoneFirstWins() {
    network.handshakes(addresses.get(0), ms(380)).handshakes(addresses.get(1), ms(100));
    run(2);
    time.advance(ms(1000));
    assertThat(won().address()).isEqualTo(addresses.get(0));
  }

  @Test
  void theTimeoutIsOverTheHandshakesToo() {
    addresses.forEach(network::handshakeSilent);
    runner.run(RacePlan.of("c", addresses, Duration.ofMillis(700)), outcomes::add);
    time.advance(ms(700));
    assertThat(failed().failure()).isEqualTo(new ConnectFailure(Kind.TIMEOUT, ""));
    assertThat(network.connected()).hasSize(3).noneMatch(Channel::isOpen);
  }

  @Test
  void theTransportSocketSaysWhyItFailed() {
    TransportSocket failing =
        channel -> channel.newFailedFuture(new IllegalStateException("no such key"));
    runner.run(
        RacePlan.of("c", addresses.subList(0, 1), CONNECT_TIMEOUT).over(failing), outcomes::add);
    time.run();
    assertThat(failed().failure()).isEqualTo(new ConnectFailure(Kind.REMOTE, "no such key"));
  }

  @Test
  void anAnswerThatComesLateJoinsTheRace() {
    Address v6 = addresses.get(0);
    Address v4 = addresses.get(1);
    network.silent(v4).connects(v6, ms(5));
    RaceRunner.Race race =
        runner.run(RacePlan.of("c", List.of(v4), CONNECT_TIMEOUT), outcomes::add);
    time.advance(ms(100));
    race.update(new AddressList(List.of(v4, v6), List.of(v6, v4)));
    time.advance(ms(199));
    assertThat(network.dialled()).hasSize(1);
    time.advance(ms(6));
    assertThat(won().address()).isEqualTo(v6);
    assertThat(network.dialled().get(1).at()).isEqualTo(ms(300).toNanos());
  }

  private RaceRunner.Race run(int count) {
    return runner.run(
        RacePlan.of("c", addresses.subList(0, count), CONNECT_TIMEOUT), outcomes::add);
  }

  private RaceOutcome.Won won() {
    assertThat(outcomes).hasSize(1).first().isInstanceOf(RaceOutcome.Won.class);
    return (RaceOutcome.Won) outcomes.get(0);
  }

  private RaceOutcome.Failed failed() {
    assertThat(outcomes).hasSize(1).first().isInstanceOf(RaceOutcome.Failed.class);
    return (RaceOutcome.Failed) outcomes.get(0);
  }

  private int winners() {
    return (int) outcomes.stream().filter(RaceOutcome.Won.class::isInstance).count();
  }

  private static Duration ms(long millis) {
    return Duration.ofMillis(millis);
  }
}
