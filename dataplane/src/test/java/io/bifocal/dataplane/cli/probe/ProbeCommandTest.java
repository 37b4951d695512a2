package io.bifocal.dataplane.cli.probe;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.bifocal.dataplane.connect.SilentServer;
import io.bifocal.dataplane.host.Address;
import java.io.IOException;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The command end to end, on the loopback addresses of both families. */
class ProbeCommandTest {
  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "::1"})
  void anAddressThatListensIsConnectedTo(String ip) throws IOException {
    try (ServerSocket server = listen(ip)) {
      Probing ran = Probing.run(text(server));

      assertThat(ran.err()).isEmpty();
      assertThat(ran.out()).contains("#|  won after").contains("connected to " + text(server));
      assertThat(ran.status()).isZero();
    }
  }

  @Test
  void aSilentAddressCostsTheAttemptDelayAndIsNamed() throws IOException {
    try (SilentServer silent = new SilentServer(InetAddresses.forString("::1"));
        ServerSocket server = listen("127.0.0.1")) {
      String[] target = {
        "http://example.com:" + server.getLocalPort(),
        "--addresses",
        silent.address().text() + ",127.0.0.1",
        "--attempt-delay",
        "100ms"
      };
      Probing ran = Probing.run(target);

      assertThat(ran.status()).isZero();
      assertThat(ran.out())
          .contains("lost: another won")
          .containsPattern("[0-9]{3,}\\.[0-9] ms of it lost to")
          .contains("lost to " + silent.address().text() + " (silent)");
      assertThat(lost(Probing.json(target), "summary", "max")).isGreaterThanOrEqualTo(100);
    }
  }

  @Test
  void aRefusedAddressIsFollowedByTheNextAtOnce() throws IOException {
    String refusing = refusing("::1");
    try (ServerSocket server = listen("127.0.0.1")) {
      JsonObject run =
          Probing.onlyRun(
              Probing.json(
                  "example.com:" + server.getLocalPort(),
                  "--addresses",
                  refusing + ",127.0.0.1",
                  "--attempt-delay",
                  "2s"));

      assertThat(run.get("winner").getAsString()).isEqualTo(text(server));
      assertThat(run.get("winner_family").getAsString()).isEqualTo("v4");
      JsonObject first = run.getAsJsonArray("attempts").get(0).getAsJsonObject();
      assertThat(first.getAsJsonObject("failure").get("reason").getAsString()).isEqualTo("refused");
      JsonObject second = run.getAsJsonArray("attempts").get(1).getAsJsonObject();
      assertThat(second.get("cause").getAsString()).isEqualTo("previous_failed");
    }
  }

  @Test
  void theFirstFamilyCanBeChosen() throws IOException {
    try (ServerSocket v4 = listen("127.0.0.1");
        ServerSocket v6 = listen("::1")) {
      String[] target = {"example.com:1", "--addresses", text(v4) + "," + text(v6)};

      assertThat(winner(Probing.json(target))).isEqualTo(text(v4));
      assertThat(winner(Probing.json(Probing.with(target, "--first-family", "v6"))))
          .isEqualTo(text(v6));
      assertThat(winner(Probing.json(Probing.with(target, "--family", "v6_only"))))
          .isEqualTo(text(v6));
    }
  }

  @Test
  void oneTargetThatDoesNotConnectMakesTheStatusOne() throws IOException {
    try (ServerSocket server = listen("127.0.0.1")) {
      Probing ran = Probing.run(text(server), refusing("127.0.0.1"));

      assertThat(ran.status()).isEqualTo(1);
      assertThat(ran.out())
          .contains("connected to " + text(server))
          .contains("not connected after")
          .contains("nobody listens on that port");
    }
  }

  @Test
  void theTimeForARaceIsLimited() throws IOException {
    try (SilentServer silent = new SilentServer(InetAddresses.forString("127.0.0.1"))) {
      Probing ran = Probing.run(silent.address().text(), "--connect-timeout", "150ms");

      assertThat(ran.status()).isEqualTo(1);
      assertThat(ran.out()).contains("no answer: nothing answered before --connect-timeout");
    }
  }

  @Test
  void addressesOfTheOtherFamilyAreNotEnough() {
    Probing ran = Probing.run("127.0.0.1:80", "--family", "v6_only");

    assertThat(ran.status()).isEqualTo(1);
    assertThat(ran.out()).contains("no addresses: --family v6_only leaves none");
  }

  @Test
  void runsAreRepeatedAndSummedUp() throws IOException {
    try (ServerSocket server = listen("127.0.0.1")) {
      Probing ran = Probing.run(text(server), "--repeat", "3", "--interval", "0ms");

      assertThat(ran.status()).isZero();
      assertThat(ran.out())
          .contains("run 2: connected")
          .contains("run 3: connected")
          .contains("3 runs: 3 connected, 0 not")
          .contains("winners: IPv4 100 % (3)");
    }
  }

  @Test
  void withMemoryOnlyTheFirstRunWaitsForASilentAddress() throws IOException {
    try (SilentServer silent = new SilentServer(InetAddresses.forString("::1"));
        ServerSocket server = listen("127.0.0.1")) {
      String[] target = {
        "example.com:" + server.getLocalPort(),
        "--addresses",
        silent.address().text() + ",127.0.0.1",
        "--attempt-delay",
        "60ms",
        "--interval",
        "0ms",
        "--repeat",
        "4"
      };

      JsonObject remembering = Probing.json(Probing.with(target, "--memory"));
      assertThat(lost(remembering, "summary", "max")).isGreaterThanOrEqualTo(60);
      assertThat(lost(remembering, "summary_after_first", "p50")).isZero();

      JsonObject fresh = Probing.json(target);
      assertThat(lost(fresh, "summary", "p50")).isGreaterThanOrEqualTo(60);
      assertThat(fresh.get("summary_after_first").isJsonNull()).isTrue();
      assertThat(Probing.run(Probing.with(target, "--memory")).out())
          .contains("the later ones 0.0 ms");
    }
  }

  @Test
  void jsonIsOneLineForEachTarget() throws IOException {
    try (ServerSocket server = listen("127.0.0.1")) {
      Probing ran = Probing.run(text(server), refusing("127.0.0.1"), "--json");

      assertThat(ran.status()).isEqualTo(1);
      assertThat(ran.out().lines()).hasSize(2);
      assertThat(ran.out().lines().map(JsonParser::parseString))
          .extracting(json -> json.getAsJsonObject().get("connected").getAsBoolean())
          .containsExactly(true, false);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "--repeat 2;                          TARGET",
        "a --famly all;                       --famly",
        "a --family v5;                       v6_only",
        "a --attempt-delay 9ms;               from 10 ms to 2000 ms, not 9 ms",
        "a --attempt-delay 300;               300ms",
        "a --resolution-delay 3s;             from 0 ms to 2000 ms",
        "a --connect-timeout 0ms;             --connect-timeout",
        "a --growth 0.5;                      --growth must be from 1 to 10",
        "a --first-count 0;                   --first-count must be at least 1",
        "a --first-family v5;                 --first-family",
        "a --repeat 0;                        --repeat must be from 1 to 10000",
        "a --memory;                          --memory needs --repeat",
        "a --interval 1s;                     --interval needs --repeat",
        "a --width 10;                        --width must be at least 40",
        "a --addresses b;                     is no IP address",
        "a:0;                                 port must be from 1",
      })
  void whatCannotBeTakenIsOneLineThatSaysWhatToDo(String arguments, String word) {
    Probing ran = Probing.run(arguments.split(" "));

    assertThat(ran.status()).isEqualTo(2);
    assertThat(ran.out()).isEmpty();
    assertThat(ran.err().lines())
        .singleElement()
        .asString()
        .startsWith("bifocal probe: ")
        .containsIgnoringCase(word)
        .endsWith("(--help lists the options)");
  }

  @Test
  void helpHasExamples() {
    Probing ran = Probing.run("--help");

    assertThat(ran.status()).isZero();
    assertThat(ran.out()).contains("Examples:").contains("--attempt-delay").contains("Exit status");
  }

  private static ServerSocket listen(String ip) throws IOException {
    return new ServerSocket(0, 16, InetAddresses.forString(ip));
  }

  private static String refusing(String ip) throws IOException {
    try (ServerSocket gone = listen(ip)) {
      return text(gone);
    }
  }

  private static String text(ServerSocket server) {
    return Address.of(server.getLocalSocketAddress()).text();
  }

  private static String winner(JsonObject report) {
    return Probing.onlyRun(report).get("winner").getAsString();
  }

  private static double lost(JsonObject report, String summary, String quantile) {
    return report.getAsJsonObject(summary).getAsJsonObject("lost_ms").get(quantile).getAsDouble();
  }
}
