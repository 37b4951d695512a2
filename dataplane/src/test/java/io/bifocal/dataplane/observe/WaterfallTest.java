package io.bifocal.dataplane.observe;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.connect.AttemptEvent;
import io.bifocal.dataplane.connect.AttemptEvent.Cause;
import io.bifocal.dataplane.connect.AttemptEvent.LossReason;
import io.bifocal.dataplane.connect.ConnectFailure;
import io.bifocal.dataplane.host.Address;
import java.util.List;
import org.junit.jupiter.api.Test;

class WaterfallTest {
  private static final Address V6 = ip("2001:db8::1", 80);
  private static final Address V4 = ip("192.0.2.1", 80);

  private static Address ip(String literal, int port) {
    return new Address.Ip(InetAddresses.forString(literal), port);
  }

  private static long ms(double millis) {
    return (long) (millis * 1_000_000);
  }

  private static final List<AttemptEvent> SILENT_V6 =
      List.of(
          new AttemptEvent.Started(0, V6, 0, Cause.FIRST),
          new AttemptEvent.Started(1, V4, ms(300), Cause.STAGGER),
          new AttemptEvent.Won(1, V4, ms(325)),
          new AttemptEvent.Lost(0, V6, ms(325), LossReason.ANOTHER_WON));

  private static final List<AttemptEvent> REFUSED_V6 =
      List.of(
          new AttemptEvent.Started(0, V6, 0, Cause.FIRST),
          new AttemptEvent.Failed(
              0, V6, ms(1), new ConnectFailure(ConnectFailure.Kind.REMOTE, "Connection refused")),
          new AttemptEvent.Started(1, V4, ms(1), Cause.PREVIOUS_FAILED),
          new AttemptEvent.Won(1, V4, ms(2)));

  @Test
  void a_race_is_a_line_an_attempt_over_one_scale() {
    assertThat(Waterfall.draw(SILENT_V6, 80))
        .containsExactly(
            "[2001:db8::1]:80   +0.0 ms |--------------------------------|  lost: another won",
            "192.0.2.1:80     +300.0 ms |                             ###|  won after 25.0 ms",
            "                           0.0 ms                   325.0 ms");
  }

  @Test
  void another_race_is_another_drawing() {
    List<String> lines = Waterfall.draw(REFUSED_V6, 100);

    assertThat(lines).hasSize(3);
    assertThat(lines.get(0)).contains("x").endsWith("failed after 1.0 ms: Connection refused");
    assertThat(lines.get(1)).contains("+1.0 ms").contains("#").endsWith("won after 1.0 ms");
    assertThat(lines.get(2)).endsWith("2.0 ms");
    assertThat(lines).isNotEqualTo(Waterfall.draw(SILENT_V6, 100));
  }

  @Test
  void no_line_is_wider_than_the_terminal() {
    for (int width : new int[] {40, 60, 72, 200}) {
      assertThat(Waterfall.draw(REFUSED_V6, width))
          .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(width));
    }
  }

  @Test
  void a_long_address_or_reason_leaves_room_for_the_bars() {
    Address pipe = new Address.Pipe("/run/a/very/long/path/" + "x".repeat(80) + "/upstream.sock");
    List<AttemptEvent> events =
        List.of(
            new AttemptEvent.Started(0, pipe, 0, Cause.FIRST),
            new AttemptEvent.Failed(
                0,
                pipe,
                ms(1),
                new ConnectFailure(ConnectFailure.Kind.REMOTE, "no such file".repeat(20))),
            new AttemptEvent.Started(1, V4, ms(1), Cause.PREVIOUS_FAILED),
            new AttemptEvent.Won(1, V4, ms(2)));

    List<String> lines = Waterfall.draw(events, 80);

    assertThat(lines).allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(80));
    assertThat(lines.get(0)).startsWith("...").contains("/upstream.sock ", "|-----x", "failed");
    assertThat(lines.get(1)).contains("#####|", "won after 1.0 ms");
  }

  @Test
  void what_ended_the_race_ends_its_attempts() {
    assertThat(
            Waterfall.draw(
                List.of(
                    new AttemptEvent.Started(0, V6, 0, Cause.FIRST),
                    new AttemptEvent.Lost(0, V6, ms(250), LossReason.TIMED_OUT)),
                80))
        .first()
        .asString()
        .endsWith("timed out after 250.0 ms");
    assertThat(
            Waterfall.draw(
                List.of(
                    new AttemptEvent.Started(0, V6, 0, Cause.FIRST),
                    new AttemptEvent.Lost(0, V6, ms(10), LossReason.CANCELLED)),
                80))
        .first()
        .asString()
        .endsWith("given up after 10.0 ms");
  }

  @Test
  void an_attempt_without_an_end_is_still_trying() {
    assertThat(Waterfall.draw(SILENT_V6.subList(0, 2), 80))
        .first()
        .asString()
        .endsWith("still trying");
  }

  @Test
  void a_race_without_attempts_is_no_lines() {
    assertThat(Waterfall.draw(List.of(), 80)).isEmpty();
  }
}
