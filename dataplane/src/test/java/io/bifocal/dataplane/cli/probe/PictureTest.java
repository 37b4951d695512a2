package io.bifocal.dataplane.cli.probe;

import static io.bifocal.dataplane.cli.probe.Runs.ms;
import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.cli.probe.Attempt.End;
import io.bifocal.dataplane.connect.AttemptEvent.Cause;
import java.util.List;
import org.junit.jupiter.api.Test;

class PictureTest {
  private static final Palette PLAIN = new Palette(false);

  @Test
  void theResolverAndTheRaceShareOneScale() {
    assertThat(new Picture(80, PLAIN).of(Runs.silentV6()))
        .containsExactly(
            "AAAA                +0.0 ms |.                        |  1 address after 12.0 ms",
            "A                   +0.0 ms |..                       |  1 address after 20.0 ms",
            "[2001:db8::1]:443  +12.0 ms |-------------------------|  lost: another won",
            "192.0.2.1:443     +312.0 ms |                       ##|  won after 25.0 ms",
            "                            0.0 ms            337.0 ms");
  }

  @Test
  void aHandshakeIsDrawnApartAndExplained() {
    Attempt loser = new Attempt(Runs.V6, Cause.FIRST, 0, ms(30), ms(100), End.LOST, null);
    Attempt winner = new Attempt(Runs.V4, Cause.STAGGER, ms(20), ms(60), ms(100), End.WON, null);

    List<String> lines = new Picture(100, PLAIN).of(Runs.of(List.of(), loser, winner));

    assertThat(lines.get(0)).contains("-----~~~~~").endsWith("lost: another won");
    assertThat(lines.get(1)).contains("####=====").endsWith("won after 80.0 ms, TLS 40.0 ms of it");
    assertThat(lines).last().asString().contains("# - connecting, = ~ TLS handshake");
  }

  @Test
  void whatFailedEndsWithAnXAndItsReason() {
    assertThat(new Picture(80, PLAIN).of(Runs.refusedV6()).get(0))
        .contains("-x ")
        .endsWith("refused after 1.0 ms");
    assertThat(new Picture(80, PLAIN).of(Runs.noName()).get(0))
        .contains("..x|")
        .endsWith("name not found after 5.0 ms");
  }

  @Test
  void coloursChangeNothingButTheColours() {
    List<String> coloured = new Picture(80, new Palette(true)).of(Runs.refusedV6());

    assertThat(coloured.get(0)).startsWith("\u001b[31m").endsWith("\u001b[0m");
    assertThat(coloured.get(1)).startsWith("\u001b[32m").endsWith("\u001b[0m");
    assertThat(coloured.stream().map(line -> line.replaceAll("\u001b\\[[0-9]+m", "")))
        .containsExactlyElementsOf(new Picture(80, PLAIN).of(Runs.refusedV6()));
  }

  @Test
  void noLineIsWiderThanTheTerminal() {
    for (int width : new int[] {40, 60, 100}) {
      assertThat(new Picture(width, PLAIN).of(Runs.silentV6()))
          .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(width));
    }
  }
}
