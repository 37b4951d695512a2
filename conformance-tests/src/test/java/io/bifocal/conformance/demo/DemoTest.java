package io.bifocal.conformance.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.conformance.Backend;
import io.bifocal.conformance.SilentAddress;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class DemoTest {
  @Test
  void aSilentFirstAddressIsDrawnAsLostAndTheSecondAsTheWinner() throws Exception {
    try (SilentAddress silent = SilentAddress.open("127.0.0.1");
        Backend good = Backend.start("127.0.0.1", "good day")) {
      String drawing = draw(List.of(silent.address(), good.address()));
      assertThat(lineOf(drawing, silent.address())).contains("lost");
      assertThat(lineOf(drawing, good.address())).contains("won");
      assertThat(drawing).contains("200: good day");
    }
  }

  @Test
  void otherAddressesMakeAnotherDrawing() throws Exception {
    try (SilentAddress silent = SilentAddress.open("127.0.0.1");
        Backend good = Backend.start("127.0.0.1", "good day")) {
      String drawing = draw(List.of(good.address(), silent.address()));
      assertThat(lineOf(drawing, good.address())).contains("won");
      assertThat(drawing.lines().filter(l -> l.contains("|")))
          .as("the second address is never tried")
          .noneMatch(l -> l.contains(Demo.text(silent.address())));
    }
  }

  private static String draw(List<InetSocketAddress> addresses) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    new Demo(new PrintStream(bytes, true, StandardCharsets.UTF_8)).run(addresses, false);
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static String lineOf(String drawing, InetSocketAddress address) {
    String text = Demo.text(address);
    return drawing
        .lines()
        .filter(l -> l.contains("|") && l.contains(text))
        .findFirst()
        .orElseThrow(() -> new AssertionError(text + " is not drawn in\n" + drawing));
  }
}
