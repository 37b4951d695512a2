package io.bifocal.conformance.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.conformance.LongRun;
import io.bifocal.conformance.SideBySide;
import io.bifocal.conformance.Sides;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Requests of HTTP/1.1 that could be read in two ways, or in none. Bifocal gives Envoy's own
 * answer, or refuses what Envoy takes; never does it hand on another request than Envoy would.
 */
@LongRun
class FramingTest {
  private static final String BLANK = "RFC 9112 knows no blanks around a chunk's size";
  private static final String LINES =
      "lines end with both characters, or readers disagree on where";
  private static final String TWICE = "two hosts are no host (RFC 9112, section 3.2)";
  private static final String REFUSED_ALIKE = "refused too, with another status";

  /** Refused here with a 400, and not by Envoy or not so, with the reason. */
  private static final Map<String, String> STRICTER =
      Map.ofEntries(
          Map.entry("a blank behind a chunk's size", BLANK),
          Map.entry("a tab behind a chunk's size", BLANK),
          Map.entry("a chunk's size of 64 bits", "Envoy waits for so many bytes"),
          Map.entry("a chunk that is too long", "Envoy loses the surplus"),
          Map.entry("a chunk with a bare line feed behind it", LINES),
          Map.entry("chunked twice", REFUSED_ALIKE),
          Map.entry("chunked with a length in a folded line", "a folded line hides a coding"),
          Map.entry("chunked with HTTP/1.0", REFUSED_ALIKE),
          Map.entry("bare line feeds", LINES),
          Map.entry("a bare line feed behind the request line", LINES),
          Map.entry("a bare line feed behind a field", LINES),
          Map.entry("a bare line feed at the end", LINES),
          Map.entry("a carriage return in a value", LINES),
          Map.entry("a bare carriage return behind a field", LINES),
          Map.entry("two carriage returns", LINES),
          Map.entry("a blank behind the version", "RFC 9112 knows no blank there"),
          Map.entry("two hosts", TWICE),
          Map.entry("two equal hosts", TWICE),
          Map.entry("version ''", REFUSED_ALIKE),
          Map.entry("HTTP/0.9", REFUSED_ALIKE));

  /** Read here as RFC 9112, section 5.2, has it, which Envoy does not: a fold becomes a blank. */
  private static final String FOLDED = "a folded line with a tab";

  @RegisterExtension
  static final Sides<HttpSide> SIDES =
      new Sides<>(HttpSide.of(HttpSide.Config.PLAIN, HearingUpstream::ok));

  static Stream<Framing> cases() {
    return Framing.all().stream();
  }

  /** What one side made of the bytes. */
  record Reading(List<String> answers, boolean closed, List<String> upstream, List<String> logged) {
    boolean isRefusal() {
      return answers.size() == 1
          && answers.get(0).startsWith("400")
          && closed
          && upstream.isEmpty();
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void aStreamOfBytesHasOneReading(Framing framing) {
    SideBySide.Both<Reading> read = SIDES.ask(side -> read(side, framing.bytes()));

    if (framing.name().equals(FOLDED)) {
      assertThat(read.bifocal().toString())
          .isEqualTo(read.envoy().toString().replace("x=a\tb", "x=a b"));
    } else if (STRICTER.containsKey(framing.name())) {
      assertThat(read.bifocal().isRefusal()).as(read.bifocal().toString()).isTrue();
      assertThat(read.envoy()).isNotEqualTo(read.bifocal());
    } else {
      assertThat(read.bifocal()).isEqualTo(read.envoy());
    }
  }

  /** The comparison sees a byte more in a body, and a request that is smuggled. */
  @Test
  void aDifferenceIsSeen() {
    Reading plain = read(SIDES.side(io.bifocal.conformance.Subject.ENVOY), Framing.PLAIN);
    Reading body = read(SIDES.side(io.bifocal.conformance.Subject.ENVOY), Framing.BODY);

    assertThat(plain).isNotEqualTo(body);
    assertThat(plain.upstream()).hasSize(1);
    assertThat(plain.isRefusal()).isFalse();
  }

  private static Reading read(HttpSide side, String bytes) {
    side.upstream().takeHeard();
    RawClient.Answer answer = RawClient.send(side.proxy(), side.listener(), bytes);
    List<String> upstream =
        side.upstream().takeHeard().stream().map(FramingTest::withoutChance).toList();
    List<String> answers = Answered.of(answer.bytes());
    // Envoy leaves the connection open for delayed_close_timeout after it has said that it closes.
    boolean says =
        !answers.isEmpty() && answers.get(answers.size() - 1).contains("connection=close");
    int finals = (int) answers.stream().filter(line -> !line.startsWith("1")).count();
    List<String> logged = side.takeLogged(finals).stream().map(FramingTest::withoutPlace).toList();
    return new Reading(answers, says || answer.closed(), upstream, logged);
  }

  // Netty's parser does not say which byte it dislikes, nor has it handed on what came before.
  private static String withoutPlace(String line) {
    return line.replace("http1.invalid_characters", "http1.codec_error")
        .replaceFirst("(http1.codec_error POST) \\d+", "$1 some");
  }

  private static String withoutChance(HearingUpstream.Heard heard) {
    Map<String, String> headers = new TreeMap<>(heard.headers());
    // Its value is new for each request.
    headers.computeIfPresent("x-request-id", (name, value) -> "some");
    return heard.method() + " " + heard.path() + " " + headers + " " + heard.body();
  }

  /** The answers in some bytes, without what differs from run to run. */
  static final class Answered {
    private Answered() {}

    static List<String> of(String bytes) {
      List<String> answers = new ArrayList<>();
      String rest = bytes;
      while (!rest.isEmpty()) {
        int end = rest.indexOf("\r\n\r\n");
        if (end < 0 || !rest.startsWith("HTTP/1.")) {
          answers.add("no answer: " + rest);
          return answers;
        }
        Map<String, String> headers = new TreeMap<>();
        String[] lines = rest.substring(0, end).split("\r\n");
        for (int i = 1; i < lines.length; i++) {
          int colon = lines[i].indexOf(": ");
          headers.put(lines[i].substring(0, colon), lines[i].substring(colon + 2));
        }
        headers.remove("date");
        headers.remove("x-envoy-upstream-service-time");
        int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
        int bodyEnd = Math.min(rest.length(), end + 4 + length);
        answers.add(lines[0].substring(9) + " " + headers + " " + rest.substring(end + 4, bodyEnd));
        rest = rest.substring(bodyEnd);
      }
      return answers;
    }
  }
}
