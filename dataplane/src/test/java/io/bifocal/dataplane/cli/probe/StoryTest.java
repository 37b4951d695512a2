package io.bifocal.dataplane.cli.probe;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.cli.probe.Attempt.End;
import io.bifocal.dataplane.cli.probe.TlsSession.PeerCertificate;
import io.bifocal.dataplane.connect.AttemptEvent.Cause;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class StoryTest {
  private static final Story STORY = new Story(200, new Palette(false));

  @Test
  void theCostOfASilentAddressIsTold() {
    assertThat(STORY.of(Runs.silentV6()))
        .containsExactly(
            "connected to 192.0.2.1:443 (IPv4) after 337.0 ms,"
                + " 300.0 ms of it lost to [2001:db8::1]:443 (silent)");
  }

  @Test
  void whatHttp3CostIsTold() {
    Attempt silent = Runs.http3(Runs.V6, 0, 305, End.LOST);

    assertThat(STORY.of(Runs.of(List.of(), silent, Runs.won(Runs.V6, Cause.STAGGER, 300, 305))))
        .containsExactly(
            "connected to [2001:db8::1]:443 (IPv6) after 305.0 ms,"
                + " 300.0 ms of it lost to quic:[2001:db8::1]:443 (silent)");
    assertThat(STORY.of(Runs.of(List.of(), Runs.http3(Runs.V6, 0, 5, End.WON))))
        .containsExactly("connected to [2001:db8::1]:443 (IPv6, HTTP/3) after 5.0 ms");
  }

  @Test
  void whatFailedOnTheWayIsExplained() {
    assertThat(STORY.of(Runs.refusedV6()))
        .containsExactly(
            "connected to 192.0.2.1:443 (IPv4) after 3.0 ms,"
                + " 1.0 ms of it lost to [2001:db8::1]:443 (refused)",
            "[2001:db8::1]:443: refused: nobody listens");
  }

  @Test
  void aRunThatFailedSaysAgainstWhat() {
    assertThat(STORY.of(Runs.noneListens()))
        .containsExactly(
            "not connected after 1.0 ms: [2001:db8::1]:443 (refused)",
            "[2001:db8::1]:443: refused: nobody listens");
    assertThat(STORY.of(Runs.noName()))
        .containsExactly("not connected after 5.0 ms: name not found: is it spelt right?");
  }

  @Test
  void whatWasAgreedOnIsTold() {
    Run plain = Runs.v6(2);
    PeerCertificate certificate =
        new PeerCertificate("CN=example.com", "CN=R3", Instant.parse("2030-01-02T03:04:05Z"));
    Run run =
        new Run(
            plain.lookups(),
            plain.attempts(),
            plain.nanos(),
            new TlsSession("TLSv1.3", "TLS_AES_128_GCM_SHA256", "h2", certificate),
            null);

    assertThat(STORY.of(run))
        .containsExactly(
            "connected to [2001:db8::1]:443 (IPv6) after 2.0 ms",
            "TLSv1.3, TLS_AES_128_GCM_SHA256, ALPN h2;"
                + " certificate of CN=example.com from CN=R3, until 2030-01-02");
  }

  @Test
  void failuresThatAreAlikeAreExplainedOnce() {
    Attempt[] attempts = new Attempt[6];
    for (int i = 0; i < attempts.length; i++) {
      attempts[i] =
          Runs.attempt(Runs.V4, Cause.PREVIOUS_FAILED, i, i + 1, End.FAILED, Runs.REFUSED);
    }

    assertThat(STORY.of(Runs.of(List.of(), attempts)))
        .last()
        .isEqualTo(
            "192.0.2.1:443, ".repeat(3) + "192.0.2.1:443 and 2 more: refused: nobody listens");
  }

  @Test
  void longLinesAreWrapped() {
    List<String> lines = new Story(40, new Palette(false)).of(Runs.silentV6());

    assertThat(lines).hasSizeGreaterThan(1);
    assertThat(lines).allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(40));
    assertThat(String.join(" ", lines).replaceAll(" +", " "))
        .isEqualTo(String.join("", STORY.of(Runs.silentV6())));
  }
}
