package io.bifocal.conformance.stress;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.conformance.Footprint;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import io.bifocal.conformance.stress.Ledger.Outcome;
import io.netty.buffer.ByteBufUtil;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Clients that read or write by the byte, while others are served by the same worker: over both
 * protocols on both sides, with buffers that are small.
 */
class SlowClientsTest {
  private static final int BY_THE_BYTE = 2000;
  private static final int OK = 200;
  private static final long WINDOWS_AND_PROXY = 1 << 20;

  @RegisterExtension final Stage stage = new Stage();

  private enum Protocol {
    HTTP1,
    HTTP2;

    Trickle to(InetSocketAddress door) throws IOException {
      return this == HTTP1 ? new Http1Trickle(door) : new Http2Trickle(door);
    }
  }

  /** Plays what is asked by one protocol, and of the cluster of the other or the same. */
  @FunctionalInterface
  private interface Play {
    void with(Scene scene, Protocol protocol, String cluster) throws IOException;
  }

  private void play(Subject subject, Play play) throws IOException {
    Scene scene = new Scene(stage, subject, 0, 0);
    try (Load load =
        new Load(scene.door, scene.ledger, n -> (n % 2 == 0 ? "/one/" : "/two/") + "plain/" + n)
            .http1(2)
            .http2(1, 2)) {
      all(scene, play);
      if (subject == Subject.BIFOCAL) {
        all(scene, play); // until what is used again is there
        Footprint before = Footprint.of(subject, scene.proxy);
        all(scene, play);
        Footprint.of(subject, scene.proxy).assertFlatSince(before, subject);
      }
      assertThat(
              scene.exceptions(
                  load, (asked, arrived) -> asked.outcome() == Outcome.ANSWERED && arrived == 1))
          .isEmpty();
    }
  }

  private static void all(Scene scene, Play play) throws IOException {
    for (Protocol protocol : Protocol.values()) {
      for (String cluster : List.of("/one/", "/two/")) {
        play.with(scene, protocol, cluster);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void whoReadsByTheByteHoldsTheUpstreamBack(Subject subject) throws IOException {
    play(subject, SlowClientsTest::readsSlowly);
  }

  private static void readsSlowly(Scene scene, Protocol protocol, String cluster)
      throws IOException {
    Origin origin = cluster.equals("/one/") ? scene.one : scene.two;
    try (Trickle client = protocol.to(scene.door)) {
      long before = origin.poured();
      client.get(cluster + "endless/" + number(scene, n -> Numbered.requestLength(n) == 0));
      assertThat(client.status()).isEqualTo(OK);
      long onItsWay = onItsWay(protocol == Protocol.HTTP1, origin == scene.one);
      held(scene, origin, before + onItsWay);
      try (Trickle beside = client.beside()) {
        exchange(scene, beside, cluster, n -> n % 3 != 0 && n % 4 != 0);
      }
      for (int i = 0; i < BY_THE_BYTE; i++) {
        client.read();
      }
      held(scene, origin, before + BY_THE_BYTE + onItsWay);
    }
  }

  /**
   * How many bytes of an answer that nobody reads may be on their way. Over HTTP/2 a window bounds
   * them, over HTTP/1.1 what the system buffers: ends of the test's have little buffers, the
   * proxy's grow as far as the machine lets them.
   */
  private static long onItsWay(boolean fromHttp1, boolean toHttp1) throws IOException {
    return WINDOWS_AND_PROXY
        + (fromHttp1 ? most("tcp_wmem") : 0)
        + (toHttp1 ? most("tcp_rmem") : 0);
  }

  // Three numbers: the least, the first and the most. The system gives the line to one read only.
  private static long most(String setting) throws IOException {
    String line = Files.readAllLines(Path.of("/proc/sys/net/ipv4", setting)).get(0);
    return Long.parseLong(line.split("\\s+")[2]);
  }

  /** Others are served, and the origin sends no more than so much of the slow answer. */
  private static void held(Scene scene, Origin origin, long most) {
    long last;
    do {
      last = origin.poured();
      othersAreServed(scene);
      assertThat(origin.poured()).as("sent by the origin").isPositive().isLessThan(most);
    } while (origin.poured() > last);
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void whoReadsByTheByteGetsItAll(Subject subject) throws IOException {
    play(subject, SlowClientsTest::readsAll);
  }

  private static void readsAll(Scene scene, Protocol protocol, String cluster) throws IOException {
    int number = number(scene, n -> Numbered.requestLength(n) == 0);
    String path = cluster + "large/" + number;
    try (Trickle client = protocol.to(scene.door)) {
      client.get(path);
      assertThat(client.status()).isEqualTo(OK);
      for (int i = 0; i < Numbered.LARGE; i++) {
        if (i == BY_THE_BYTE) {
          othersAreServed(scene);
          client.hurry();
        }
        if ((byte) client.read() != Numbered.at(number, i)) {
          throw new AssertionError("another byte at " + i);
        }
      }
      assertThat(client.read()).isEqualTo(-1);
      scene.ledger.asked(number, path, Outcome.ANSWERED, OK);
    }
  }

  private static void othersAreServed(Scene scene) {
    int before = scene.ledger.size();
    Awaitility.await("others")
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(5))
        .until(() -> scene.ledger.size() >= before + 50);
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void whoWritesByTheByteIsHeardToTheEnd(Subject subject) throws IOException {
    play(subject, SlowClientsTest::writesSlowly);
  }

  private static void writesSlowly(Scene scene, Protocol protocol, String cluster)
      throws IOException {
    try (Trickle client = protocol.to(scene.door)) {
      exchange(scene, client, cluster, n -> n % 3 != 0 && Numbered.requestLength(n) > 20_000);
    }
  }

  /** One request of such a number; others are served while half of its body is sent. */
  private static void exchange(Scene scene, Trickle client, String cluster, IntPredicate such)
      throws IOException {
    int number = number(scene, such);
    String path = cluster + "plain/" + number;
    client.post(path, bytes(number, Numbered.requestLength(number)), () -> othersAreServed(scene));
    assertThat(client.status()).isEqualTo(OK);
    byte[] answer = bytes(number, Numbered.answerLength(number));
    for (byte expected : answer) {
      assertThat((byte) client.read()).isEqualTo(expected);
    }
    assertThat(client.read()).isEqualTo(-1);
    scene.ledger.asked(number, path, Outcome.ANSWERED, OK);
  }

  private static int number(Scene scene, IntPredicate such) {
    return IntStream.generate(scene.ledger::next).filter(such).findFirst().orElseThrow();
  }

  private static byte[] bytes(int number, int length) {
    return ByteBufUtil.getBytes(Numbered.bytes(number, length));
  }
}
