package io.bifocal.dataplane.grid;

import static io.bifocal.dataplane.grid.GridBench.ALTERNATE;
import static io.bifocal.dataplane.grid.GridBench.H3;
import static io.bifocal.dataplane.grid.GridBench.LOCAL;
import static io.bifocal.dataplane.grid.GridBench.ORIGIN;
import static io.bifocal.dataplane.grid.GridBench.REFUSED;
import static io.bifocal.dataplane.grid.GridBench.TCP;
import static io.bifocal.dataplane.grid.GridBench.V4;
import static io.bifocal.dataplane.grid.GridBench.V6;
import static io.bifocal.dataplane.grid.GridBench.ms;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.connect.AttemptEvent;
import io.bifocal.dataplane.grid.GridBench.Asker;
import io.bifocal.dataplane.grid.Http3Status.Broken;
import io.bifocal.dataplane.grid.Http3Status.Confirmed;
import io.bifocal.dataplane.grid.Http3Status.FailedRecently;
import io.bifocal.dataplane.grid.Http3Status.Pending;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.pool.ConnectionPool;
import io.bifocal.dataplane.pool.Http3Use;
import io.bifocal.dataplane.pool.PoolFailure;
import io.bifocal.dataplane.pool.UpstreamConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a request is served by, and when; as Envoy's own tests of its grid have it, and beyond. */
class GridTest {
  private final GridBench bench = new GridBench();
  private int toldBefore;

  @AfterEach
  void nothingIsLeft() {
    bench.closeAndCheckNothingIsLeft();
  }

  // ---- HTTP/3 first

  @Test
  void whereHttp3IsReadyThereIsNoTcp() {
    bench.pools.ready(H3, ms(50)).ready(TCP, ms(5));
    Asker asker = bench.ask();
    bench.advance(1000);
    assertThat(asker.served).isEqualTo(H3);
    assertThat(asker.answeredAt).isEqualTo(50);
    assertThat(bench.asked()).containsExactly(H3 + " 0");
    assertThat(bench.status()).isEqualTo(new Confirmed());
  }

  @Test
  void aConnectionThatIsThereServesWithinTheCall() {
    bench.pools.readyAtOnce(H3);
    assertThat(bench.ask().served).isEqualTo(H3);
    assertThat(bench.time.pendingTimers()).isZero();
  }

  @Test
  void silentHttp3HasThreeHundredMilliseconds() {
    bench.over(GridBench.host(V6)).pools.ready(TCP, ms(5));
    Asker asker = bench.ask();
    bench.advance(299);
    assertThat(bench.asked()).containsExactly(H3 + " 0");
    bench.advance(6);
    assertThat(bench.asked()).containsExactly(H3 + " 0", TCP + " 300");
    assertThat(asker.served).isEqualTo(TCP);
    assertThat(asker.answeredAt).isEqualTo(305);
  }

  @Test
  void bothTimersCountFromOneMomentHoweverLongOpeningTakes() {
    bench.opening(ms(40)).pools.ready(TCP, ms(5));
    var unused = bench.ask();
    bench.advance(1000);
    List<Long> started = new ArrayList<>();
    for (GridEvent event : bench.events) {
      boolean tcp = event instanceof GridEvent.TcpStarted;
      boolean second =
          event instanceof GridEvent.Http3 http3
              && http3.attempt() instanceof AttemptEvent.Started
              && http3.attempt().attempt() == 1;
      if (tcp || second) {
        started.add(event.atNanos() / 1_000_000);
      }
    }
    assertThat(started)
        .as("TCP, and the other family once TCP is open")
        .containsExactly(300L, 340L);
  }

  // ---- addresses that come late

  @Test
  void anAddressThatComesLateJoinsTheRaceForHttp3() {
    bench.over(GridBench.expectingMore(V6)).pools.ready(ALTERNATE, ms(20));
    Asker asker = bench.ask();
    bench.advance(100);
    bench.grid.update(GridBench.host(V6, V4));
    bench.advance(1000);
    assertThat(bench.asked()).containsExactly(H3 + " 0", TCP + " 300", ALTERNATE + " 300");
    assertThat(asker.served).isEqualTo(ALTERNATE);
    assertThat(asker.answeredAt).isEqualTo(320);
    assertThat(bench.ask().served).as("it is remembered").isEqualTo(ALTERNATE);
  }

  @Test
  void anAddressWhoseTurnIsOverIsTriedAtOnce() {
    bench.over(GridBench.expectingMore(V4)).pools.ready(TCP, ms(5)).ready(H3, ms(20));
    Asker asker = bench.ask();
    bench.advance(400);
    assertThat(asker.served).isEqualTo(TCP);
    bench.grid.update(GridBench.host(V6, V4));
    assertThat(bench.asked()).contains(H3 + " 400");
    bench.advance(20);
    assertThat(bench.status()).isEqualTo(new Confirmed());
    assertThat(bench.ask().served).isEqualTo(H3);
  }

  @Test
  void whenAllThatIsKnownHasFailedTcpBeginsAndWhatComesIsTriedAtOnce() {
    bench
        .over(GridBench.expectingMore(V6))
        .pools
        .fails(H3, ms(10), REFUSED)
        .fails(TCP, ms(20), REFUSED)
        .ready(ALTERNATE, ms(20));
    Asker asker = bench.ask();
    bench.advance(100);
    assertThat(bench.asked()).containsExactly(H3 + " 0", TCP + " 10");
    assertThat(asker.waits()).as("more is to come").isTrue();
    bench.grid.update(GridBench.host(V6, V4));
    bench.advance(20);
    assertThat(asker.served).isEqualTo(ALTERNATE);
    assertThat(asker.answeredAt).isEqualTo(120);
    assertThat(bench.brokenCount()).isZero();
  }

  @Test
  void http3IsBrokenOnlyWhenNothingMoreIsToCome() {
    bench.over(GridBench.expectingMore(V6)).pools.fails(H3, ms(10), REFUSED).ready(TCP, ms(5));
    Asker asker = bench.ask();
    bench.advance(100);
    assertThat(asker.served).isEqualTo(TCP);
    assertThat(bench.brokenCount()).isZero();
    bench.grid.update(GridBench.host(V6));
    assertThat(bench.brokenCount()).isEqualTo(1);
  }

  @Test
  void whatIsReplacedIsNotTriedBesideTwo() {
    var unused = bench.ask();
    bench.advance(300);
    bench.grid.update(GridBench.host(V6, GridBench.ip("192.0.2.7")));
    bench.advance(1000);
    assertThat(bench.asked()).containsExactly(H3 + " 0", TCP + " 300", ALTERNATE + " 300");
  }

  // ---- delays

  @Test
  void twiceTheRoundTripIsEnoughWhereItIsKnown() {
    bench.grid.measured(ms(2));
    bench.pools.ready(TCP, ms(5));
    Asker asker = bench.ask();
    bench.advance(100);
    assertThat(bench.asked()).containsExactly(H3 + " 0", TCP + " 4", ALTERNATE + " 4");
    assertThat(asker.answeredAt).isEqualTo(9);
  }

  @Test
  void theRoundTripOfAnAnswerIsKept() {
    bench.grid.measured(ms(70).plusNanos(5));
    assertThat(bench.cache.roundTrip(ORIGIN)).isEqualTo(ms(70));
  }

  @Test
  void whenHttp3WinsTcpIsGivenUp() {
    bench.pools.ready(H3, ms(310)).ready(TCP, ms(100));
    Asker asker = bench.ask();
    bench.advance(1000);
    assertThat(asker.served).isEqualTo(H3);
    assertThat(bench.ends())
        .containsExactly(H3 + " Won", ALTERNATE + " Lost ANOTHER_WON", "TcpLost");
    assertThat(bench.pools.waiting()).isZero();
  }

  @Test
  void whenTcpWinsHttp3GoesOnAndNothingIsBrokenYet() {
    bench.pools.ready(H3, ms(2000)).ready(TCP, ms(5));
    Asker asker = bench.ask();
    bench.advance(400);
    assertThat(asker.served).isEqualTo(TCP);
    assertThat(bench.brokenCount()).isZero();
    assertThat(bench.status()).isEqualTo(new Pending());
    bench.advance(2000);
    assertThat(bench.status()).isEqualTo(new Confirmed());
    assertThat(bench.ask().served).as("it serves the next").isEqualTo(H3);
  }

  @Test
  void whileHttp3IsOverdueNobodyElseWaitsForIt() {
    bench.pools.ready(H3, ms(2000)).ready(TCP, ms(5));
    var unused = bench.ask();
    bench.advance(305);
    int before = bench.asked().size();
    Asker next = bench.ask();
    assertThat(next.served).as("at once").isEqualTo(TCP);
    assertThat(bench.asked().subList(before, bench.asked().size())).containsExactly(TCP + " 305");
    bench.advance(2000);
    assertThat(bench.ask().served).isEqualTo(H3);
  }

  @Test
  void whenHttp3FailsAfterTcpServedItIsBroken() {
    bench.over(GridBench.host(V6)).pools.fails(H3, ms(1000), REFUSED).ready(TCP, ms(5));
    Asker asker = bench.ask();
    bench.advance(1000);
    assertThat(asker.served).isEqualTo(TCP);
    assertThat(bench.brokenCount()).isEqualTo(1);
    assertThat(bench.status()).isInstanceOf(Broken.class);
  }

  @Test
  void whenHttp3FailsBeforeTcpServesItIsBroken() {
    bench.over(GridBench.host(V6)).pools.fails(H3, ms(10), REFUSED).ready(TCP, ms(5));
    Asker asker = bench.ask();
    bench.advance(15);
    assertThat(bench.asked()).as("TCP at once").containsExactly(H3 + " 0", TCP + " 10");
    assertThat(asker.answeredAt).isEqualTo(15);
    assertThat(bench.brokenCount()).isEqualTo(1);
  }

  @Test
  void whenEverythingFailsNothingIsBrokenAndTheRequestFails() {
    bench.pools.fails(H3, ms(5), REFUSED).fails(ALTERNATE, ms(5), REFUSED).fails(TCP, ms(5), LOCAL);
    Asker asker = bench.ask();
    bench.advance(100);
    assertThat(asker.failure).isEqualTo(LOCAL);
    assertThat(asker.answeredAt).isEqualTo(15);
    assertThat(bench.brokenCount()).isZero();
    assertThat(bench.status()).isEqualTo(new Pending());
  }

  @Test
  void whenTcpFailsAndThenHttp3TheMessageTellsBoth() {
    bench.over(GridBench.host(V6)).pools.fails(H3, ms(500), REFUSED).fails(TCP, ms(5), LOCAL);
    Asker asker = bench.ask();
    bench.advance(400);
    assertThat(asker.waits()).isTrue();
    bench.advance(100);
    assertThat(asker.failure)
        .isEqualTo(
            new PoolFailure(
                REFUSED.reason(),
                "quic refused (with earlier TCP attempt failure reason 1, tcp impossible)"));
  }

  // ---- broken, and what follows

  @Test
  void whileHttp3IsBrokenThereIsTcpOnly() {
    breakHttp3();
    Asker asker = bench.ask();
    bench.advance(900);
    assertThat(asker.served).isEqualTo(TCP);
    assertThat(askedSince()).containsExactly(TCP + " 15");
  }

  @Test
  void afterASecondBothBeginAtOnceAndSuccessConfirms() {
    breakHttp3();
    bench.advance(1000);
    assertThat(bench.status()).isEqualTo(new FailedRecently(1));
    bench.pools.ready(H3, ms(5));
    Asker asker = bench.ask();
    assertThat(askedSince()).containsExactly(H3 + " 1015", TCP + " 1015");
    assertThat(asker.served).as("which has a connection").isEqualTo(TCP);
    bench.advance(5);
    assertThat(bench.status()).isEqualTo(new Confirmed());
  }

  @Test
  void afterASecondBothBeginAtOnceAndFailureBreaksForTwo() {
    breakHttp3();
    bench.advance(1000);
    Asker asker = bench.ask();
    bench.advance(20);
    assertThat(asker.served).isEqualTo(TCP);
    assertThat(bench.brokenCount()).isEqualTo(2);
    bench.advance(1900);
    assertThat(bench.status()).isInstanceOf(Broken.class);
    bench.advance(100);
    assertThat(bench.status()).isEqualTo(new FailedRecently(2));
  }

  @Test
  void breaksDouble() {
    breakHttp3();
    List<Long> seconds = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      Duration left = Duration.ofNanos(((Broken) bench.status()).until() - bench.time.nanoTime());
      seconds.add((left.toMillis() + 999) / 1000);
      bench.time.advance(left);
      bench.pools.readyAtOnce(TCP);
      var unused = bench.ask();
      bench.advance(100);
    }
    assertThat(seconds).containsExactly(1L, 2L, 4L, 8L, 16L);
  }

  @Test
  void twoRequestsThatFindHttp3BrokenAreOneBreakAndCountTwice() {
    bench.pools.fails(H3, ms(5), REFUSED).fails(ALTERNATE, ms(5), REFUSED).ready(TCP, ms(5));
    var one = bench.ask();
    var two = bench.ask();
    bench.advance(15);
    assertThat(one.served).isEqualTo(two.served).isEqualTo(TCP);
    assertThat(bench.brokenCount()).isEqualTo(2);
    bench.advance(1000);
    assertThat(bench.status()).isEqualTo(new FailedRecently(1));
  }

  @Test
  void refusedEarlyDataMakesTcpGoBesideHttp3() {
    bench.grid.earlyDataRejected();
    bench.pools.ready(H3, ms(20)).ready(TCP, ms(50));
    Asker again = bench.ask();
    bench.advance(100);
    assertThat(bench.asked()).containsExactly(H3 + " 0", TCP + " 0");
    assertThat(again.served).isEqualTo(H3);
  }

  @Test
  void aRequestThatFailedOnHttp3GoesOverTcpAndBreaksIt() {
    bench.pools.readyAtOnce(H3).ready(TCP, ms(5));
    assertThat(bench.ask().served).isEqualTo(H3);
    Asker retry = bench.ask(Http3Use.FAILED);
    bench.advance(5);
    assertThat(retry.served).isEqualTo(TCP);
    assertThat(bench.brokenCount()).isEqualTo(1);
    assertThat(bench.status()).isInstanceOf(Broken.class);
  }

  // ---- whether HTTP/3 is tried at all

  @Test
  void withoutAltSvcThereIsTcpOnly() {
    bench.cache.learn(ORIGIN, "clear");
    onlyTcp(Http3Use.ALLOWED);
  }

  @Test
  void withAnExpiredAltSvcThereIsTcpOnly() {
    bench.cache.learn(ORIGIN, "h3=\":443\"; ma=5");
    bench.advance(5000);
    onlyTcp(Http3Use.ALLOWED);
  }

  @Test
  void withAnAltSvcOfAnotherHostThereIsTcpOnly() {
    bench.cache.learn(ORIGIN, "h3=\"other.example:443\"");
    onlyTcp(Http3Use.ALLOWED);
  }

  @Test
  void withAnAltSvcOfAnotherPortThereIsTcpOnly() {
    bench.cache.learn(ORIGIN, "h3=\":8443\"");
    onlyTcp(Http3Use.ALLOWED);
  }

  @Test
  void withAnAltSvcOfAnUnknownProtocolThereIsTcpOnly() {
    bench.cache.learn(ORIGIN, "h3-29=\":443\", h2=\":443\"");
    onlyTcp(Http3Use.ALLOWED);
  }

  @Test
  void theServerNameThatIsAskedForNamesTheOrigin() {
    bench.cache.learn(ORIGIN, "clear");
    bench.cache.learn(new Origin("sni.example", 443), "h3=\":443\"");
    bench.grid = bench.grid("sni.example");
    bench.pools.readyAtOnce(H3);
    assertThat(bench.ask().served).isEqualTo(H3);
  }

  @Test
  void withoutAnyNameThereIsTcpOnly() {
    bench.over(GridBench.named(bench.host, ""));
    onlyTcp(Http3Use.ALLOWED);
  }

  @Test
  void aRequestCanForbidHttp3WithoutBreakingIt() {
    onlyTcp(Http3Use.FORBIDDEN);
    assertThat(bench.brokenCount()).isZero();
    assertThat(bench.status()).isEqualTo(new Pending());
  }

  @Test
  void throughAProxyThereIsTcpOnly() {
    bench.over(GridBench.proxied(bench.host, GridBench.ip("192.0.2.9")));
    onlyTcp(Http3Use.ALLOWED);
  }

  @Test
  void toAPipeThereIsTcpOnly() {
    bench.over(GridBench.host(new Address.Pipe("/run/a.sock"), V4));
    onlyTcp(Http3Use.ALLOWED);
  }

  // ---- two families

  @Test
  void aFailureStartsHttp3OverTheOtherFamilyAtOnceAndTcpInItsTime() {
    bench.pools.fails(H3, ms(10), REFUSED).ready(TCP, ms(5));
    Asker asker = bench.ask();
    bench.advance(400);
    assertThat(bench.asked()).containsExactly(H3 + " 0", ALTERNATE + " 10", TCP + " 300");
    assertThat(asker.served).isEqualTo(TCP);
  }

  @Test
  void silenceStartsHttp3OverTheOtherFamilyAndTcpTogether() {
    bench.pools.ready(ALTERNATE, ms(20)).ready(TCP, ms(40));
    Asker asker = bench.ask();
    bench.advance(400);
    assertThat(bench.asked()).containsExactly(H3 + " 0", TCP + " 300", ALTERNATE + " 300");
    assertThat(asker.served).isEqualTo(ALTERNATE);
    assertThat(asker.answeredAt).isEqualTo(320);
  }

  @Test
  void anyOfTheThreeMayWin() {
    bench.pools.ready(H3, ms(350)).ready(ALTERNATE, ms(70)).ready(TCP, ms(70));
    assertThat(served()).isEqualTo(H3);
    bench.over(bench.host).pools.silent(H3).ready(ALTERNATE, ms(50));
    assertThat(served()).isEqualTo(ALTERNATE);
    bench.over(GridBench.host(V6, V4)).pools.silent(ALTERNATE);
    bench.time.advance(Duration.ofMinutes(11)); // nothing is remembered
    assertThat(served()).isEqualTo(TCP);
  }

  private String served() {
    Asker asker = bench.ask();
    bench.advance(1000);
    bench.grid.close();
    return String.valueOf(asker.served);
  }

  @Test
  void withTheGuardOffTheSecondFamilyIsNotTried() {
    bench.guard("http3_happy_eyeballs", false).pools.fails(H3, ms(10), REFUSED).ready(TCP, ms(5));
    Asker asker = bench.ask();
    bench.advance(400);
    assertThat(bench.asked()).containsExactly(H3 + " 0", TCP + " 10");
    assertThat(asker.served).isEqualTo(TCP);
    assertThat(bench.brokenCount()).isEqualTo(1);
  }

  @Test
  void withTheGuardOnItIs() {
    bench
        .guard("http3_happy_eyeballs", true)
        .pools
        .fails(H3, ms(10), REFUSED)
        .ready(ALTERNATE, ms(5));
    Asker asker = bench.ask();
    bench.advance(15);
    assertThat(asker.served).isEqualTo(ALTERNATE);
  }

  @Test
  void aSecondAddressOfTheSameFamilyIsNotTried() {
    bench.over(GridBench.host(V6, GridBench.ip("2001:db8::2"), V4));
    bench.pools.fails(H3, ms(10), REFUSED).ready(TCP, ms(5));
    var unused = bench.ask();
    bench.advance(400);
    assertThat(bench.asked()).containsExactly(H3 + " 0", TCP + " 10");
    assertThat(bench.brokenCount()).isEqualTo(1);
  }

  @Test
  void bothFamiliesDeadAndTcpGoodIsBrokenOnceBothHaveFailed() {
    bench.pools.fails(H3, ms(5000), REFUSED).fails(ALTERNATE, ms(5000), REFUSED).ready(TCP, ms(5));
    Asker asker = bench.ask();
    bench.advance(5100);
    assertThat(asker.answeredAt).isEqualTo(305);
    assertThat(bench.brokenCount()).isZero();
    bench.advance(200);
    assertThat(bench.brokenCount()).isEqualTo(1);
  }

  @Test
  void withoutTheDelayTcpBeginsAtOnceUnlessHttp3IsConfirmed() {
    bench.guard("quic_no_tcp_delay", true).pools.ready(H3, ms(20)).ready(TCP, ms(50));
    var first = bench.ask();
    bench.advance(100);
    assertThat(bench.asked()).containsExactly(H3 + " 0", TCP + " 0");
    assertThat(first.served).isEqualTo(H3);
    var second = bench.ask();
    assertThat(second.served).isEqualTo(H3);
    assertThat(bench.asked()).hasSize(3);
  }

  // ---- ends

  @Test
  void whoCancelsGivesAllAttemptsUp() {
    Asker asker = bench.ask();
    bench.advance(310);
    assertThat(bench.pools.waiting()).isEqualTo(3);
    requireNonNull(asker.ticket).cancel();
    assertThat(bench.pools.waiting()).isZero();
    assertThat(bench.time.pendingTimers()).isZero();
    assertThat(asker.waits()).isTrue();
  }

  @Test
  void whoCancelsAfterTheAnswerStopsNothing() {
    bench.pools.ready(TCP, ms(5)).ready(ALTERNATE, ms(50));
    Asker asker = bench.ask();
    bench.advance(310);
    requireNonNull(asker.ticket).cancel();
    bench.advance(100);
    assertThat(bench.ends()).contains(ALTERNATE + " Won");
  }

  @Test
  void closingTellsEveryoneWhoWaitsOnce() {
    Asker one = bench.ask();
    Asker two = bench.ask();
    bench.grid.close();
    assertThat(one.failure)
        .isEqualTo(two.failure)
        .isEqualTo(new PoolFailure(PoolFailure.Reason.LOCAL_CONNECTION_FAILURE, "grid teardown"));
    bench.advance(1000);
    assertThat(bench.asked()).as("no timer brings TCP").hasSize(2);
    assertThat(bench.ask().failure).isNotNull();
  }

  @Test
  void drainingWaitsForThoseWhoWaitAndThenDrainsAllPools() {
    bench.pools.ready(TCP, ms(5));
    Asker asker = bench.ask();
    bench.advance(10);
    bench.grid.drain();
    assertThat(bench.pools.drained()).isEmpty();
    assertThat(bench.ask().failure).as("nothing new begins").isNotNull();
    bench.advance(295);
    assertThat(asker.served).isEqualTo(TCP);
    assertThat(bench.pools.drained()).containsExactly(H3, ALTERNATE, TCP);
  }

  @Test
  void itIsIdleWhenAllPoolsAre() {
    bench.pools.readyAtOnce(H3);
    assertThat(bench.grid.size()).isZero();
    var unused = bench.ask();
    assertThat(bench.grid.size()).isEqualTo(1);
    assertThat(bench.grid.load().capacity()).isEqualTo(1);
    bench.grid.close();
    assertThat(bench.grid.size()).isZero();
  }

  @Test
  void whoWaitsInThreePoolsIsOne() {
    var unused = bench.ask();
    bench.advance(310);
    assertThat(bench.grid.load().waiting()).isEqualTo(1);
    assertThat(bench.grid.preconnect(3)).isFalse();
  }

  @Test
  void poolsOfAddressesThatAreGoneDrain() {
    bench.pools.readyAtOnce(H3);
    assertThat(bench.ask().served).isEqualTo(H3);
    Address other = GridBench.ip("2001:db8::7");
    bench.grid.update(bench.host.with(GridBench.host(other, V4).addresses()));
    assertThat(bench.pools.drained()).containsExactly(H3);
    bench.pools.readyAtOnce(other.text());
    assertThat(bench.ask().served).isEqualTo(other.text());
  }

  @Test
  void whoAsksAgainFromWithinAnAnswerIsServedToo() {
    bench.pools.failsAtOnce(H3, REFUSED).failsAtOnce(ALTERNATE, REFUSED).failsAtOnce(TCP, LOCAL);
    List<String> served = new ArrayList<>();
    var unused =
        bench.grid.acquire(
            new ConnectionPool.Waiter() {
              @Override
              public void onReady(UpstreamConnection connection) {}

              @Override
              public void onFailure(PoolFailure failure) {
                bench.pools.readyAtOnce(TCP);
                served.add(String.valueOf(bench.ask(Http3Use.FORBIDDEN).served));
              }
            });
    assertThat(served).containsExactly(TCP);
  }

  // ----

  private void onlyTcp(Http3Use request) {
    int before = bench.asked().size();
    bench.pools.ready(TCP, ms(5));
    Asker asker = bench.ask(request);
    bench.advance(1000);
    assertThat(asker.served).isEqualTo(TCP);
    assertThat(bench.pools.requests().subList(before, bench.pools.requests().size()))
        .extracting(ScriptedPools.Request::pool)
        .containsExactly(TCP);
  }

  /** Breaks it as a request does, in 15 ms; what was asked until then is not told. */
  private void breakHttp3() {
    bench.pools.fails(H3, ms(5), REFUSED).fails(ALTERNATE, ms(5), REFUSED).ready(TCP, ms(5));
    assertThat(bench.ask().waits()).isTrue();
    bench.advance(15);
    assertThat(bench.status()).isInstanceOf(Broken.class);
    toldBefore = bench.asked().size();
  }

  private List<String> askedSince() {
    return bench.asked().subList(toldBefore, bench.asked().size());
  }
}
