package io.bifocal.conformance.rfc8305;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.Backend;
import io.bifocal.conformance.Bootstraps;
import io.bifocal.conformance.Http;
import io.bifocal.conformance.Loopback;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.SilentAddress;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * RFC 8305 as the kernel sees it. Times are asserted here and nowhere else. A busy machine makes a
 * race late and never early: none of several may be early, and the quickest must be in time.
 */
class HappyEyeballsTest {
  private static final long STAGGER_MILLIS = 300;
  private static final long EARLY_MILLIS = 15;
  private static final long LATE_MILLIS = 250;
  private static final int RACES = 3;

  /** Each request is to have a race of its own. */
  private static final String ONE_REQUEST_PER_CONNECTION = "max_requests_per_connection: 1";

  @RegisterExtension final Stage stage = new Stage();

  private Backend warm = Backend.start("127.0.0.1", "warm");

  @BeforeEach
  void keepWarm() {
    stage.keep(warm);
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void nothingConnectsBeforeTheFirstRequestAndThenOnce(Subject subject) {
    Backend first = backend("127.0.0.1", "first");
    Backend second = backend("127.0.0.2", "second");
    Proxy proxy = start(subject, "5s", "", first.address(), second.address());

    assertThat(first.accepts()).as("connections before the first request").isEmpty();
    assertThat(get(proxy).body()).isEqualTo("first");

    assertThat(first.accepts()).hasSize(1);
    assertThat(second.accepts()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aSilentFirstAddressCostsOneStagger(Subject subject) {
    SilentAddress silent = silent("127.0.0.2");
    Backend second = backend("127.0.0.1", "second");
    Proxy proxy =
        start(subject, "5s", ONE_REQUEST_PER_CONNECTION, silent.address(), second.address());

    assertDelays(races(proxy, second), STAGGER_MILLIS);
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void twoSilentAddressesCostTwo(Subject subject) {
    SilentAddress one = silent("127.0.0.2");
    SilentAddress two = silent("127.0.0.3");
    Backend third = backend("127.0.0.1", "third");
    Proxy proxy =
        start(
            subject,
            "5s",
            ONE_REQUEST_PER_CONNECTION,
            one.address(),
            two.address(),
            third.address());

    assertDelays(races(proxy, third), 2 * STAGGER_MILLIS);
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aRefusalStartsTheNextAttemptAtOnce(Subject subject) {
    Backend second = backend("127.0.0.1", "second");
    Proxy proxy = start(subject, "5s", ONE_REQUEST_PER_CONNECTION, refusing(), second.address());

    assertThat(Collections.min(races(proxy, second))).isLessThan(STAGGER_MILLIS - EARLY_MILLIS);
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void whenAllRefuseTheAnswerIsAnError(Subject subject) {
    Proxy proxy = start(subject, "5s", "", refusing(), refusing());

    assertThat(Collections.min(failures(proxy))).isLessThan(STAGGER_MILLIS - EARLY_MILLIS);
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void whenAllAreSilentTheConnectTimeoutEndsIt(Subject subject) {
    SilentAddress one = silent("127.0.0.2");
    SilentAddress two = silent("127.0.0.3");
    Proxy proxy = start(subject, "1s", "", one.address(), two.address());

    assertDelays(failures(proxy), 1000);
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void anEarlierAttemptGoesOnWhileLaterOnesRun(Subject subject) throws Exception {
    SilentAddress one = silent("127.0.0.2");
    SilentAddress two = silent("127.0.0.3");
    Proxy proxy = start(subject, "5s", "", one.address(), two.address());
    InetSocketAddress ingress = proxy.listener("ingress");

    CompletableFuture<?> request = CompletableFuture.runAsync(() -> Http.tryGet(ingress, "/"));
    pause(Duration.ofMillis(2 * STAGGER_MILLIS));
    List<Long> arrivals = one.speak();

    await("the first attempt, still there").until(() -> !arrivals.isEmpty());
    proxy.program().close();
    request.get();
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void theLoserIsGivenUp(Subject subject) {
    SilentAddress silent = silent("127.0.0.2");
    Backend second = backend("127.0.0.1", "second");
    Proxy proxy = start(subject, "30s", "", silent.address(), second.address());
    assertThat(get(proxy).body()).isEqualTo("second");

    List<Long> arrivals = silent.speak();

    // Its SYN would come again 1 and 3 seconds after the first.
    pause(Duration.ofMillis(3500));
    assertThat(arrivals).as("connections of the loser").isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aConfiguredFamilyGoesFirst(Subject subject) {
    Backend six = backend(requireV6(), "six");
    Backend four = backend("127.0.0.1", "four");
    Proxy proxy =
        start(
            subject,
            "5s",
            "upstream_connection_options: {happy_eyeballs_config: {first_address_family_version: V4}}",
            six.address(),
            four.address());

    assertThat(get(proxy).body()).isEqualTo("four");
    assertThat(six.accepts()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void familiesTakeTurns(Subject subject) {
    requireV6();
    SilentAddress one = silent("::1");
    SilentAddress two = silent("::1");
    Backend four = backend("127.0.0.1", "four");
    Proxy proxy =
        start(
            subject,
            "5s",
            ONE_REQUEST_PER_CONNECTION,
            one.address(),
            two.address(),
            four.address());

    assertDelays(races(proxy, four), STAGGER_MILLIS);
  }

  private Proxy start(
      Subject subject, String connectTimeout, String options, InetSocketAddress... addresses) {
    Proxy proxy =
        stage
            .start(
                subject,
                Bootstraps.race(connectTimeout, options, warm.address(), List.of(addresses)))
            .awaitLive();
    for (int i = 0; i < 5; i++) {
      proxy.awaitBody("ingress", "/warm", "warm");
    }
    return proxy;
  }

  private static Http.Response get(Proxy proxy) {
    return Http.get(proxy.listener("ingress"), "/");
  }

  /** How many milliseconds after each request its connection came. */
  private static List<Long> races(Proxy proxy, Backend winner) {
    return IntStream.range(0, RACES)
        .mapToObj(
            i -> {
              long sent = System.nanoTime();
              assertThat(get(proxy).status()).isEqualTo(200);
              assertThat(winner.accepts()).as("a connection for each request").hasSize(i + 1);
              return millis(sent, winner.accepts().get(i));
            })
        .toList();
  }

  /** How many milliseconds after each request the answer was that nobody is there. */
  private static List<Long> failures(Proxy proxy) {
    return IntStream.range(0, RACES)
        .mapToObj(
            i -> {
              long sent = System.nanoTime();
              assertThat(get(proxy).status()).isEqualTo(503);
              return millis(sent, System.nanoTime());
            })
        .toList();
  }

  private Backend backend(String address, String body) {
    return stage.keep(Backend.start(address, body));
  }

  private SilentAddress silent(String address) {
    return stage.keep(SilentAddress.open(address));
  }

  private static InetSocketAddress refusing() {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(Loopback.v4(0));
      return (InetSocketAddress) socket.getLocalSocketAddress();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String requireV6() {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(Loopback.v6(0));
      return socket.getInetAddress().getHostAddress();
    } catch (IOException e) {
      return Assumptions.abort("this host has no ::1: " + e.getMessage());
    }
  }

  private static long millis(long from, long to) {
    return Duration.ofNanos(to - from).toMillis();
  }

  private static void assertDelays(List<Long> actual, long expected) {
    assertThat(actual).allMatch(delay -> delay >= expected - EARLY_MILLIS);
    assertThat(Collections.min(actual)).isLessThan(expected + LATE_MILLIS);
  }

  private static void pause(Duration duration) {
    long end = System.nanoTime() + duration.toNanos();
    await()
        .pollInterval(Duration.ofMillis(10))
        .atMost(duration.plusSeconds(5))
        .until(() -> System.nanoTime() >= end);
  }
}
