package io.bifocal.dataplane.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MainTest {
  private record Ran(int exit, String out, String err) {}

  @Test
  void anUnknownFlagIsOneLineThatNamesItAndExitsWithOne() {
    Ran ran = run("--concurency", "2");
    assertThat(ran.exit).isEqualTo(1);
    assertThat(ran.err.lines()).singleElement().asString().contains("--concurency");
  }

  @Test
  void aFlagOfEnvoysThatMeansNothingHereIsAcceptedWithALine() {
    Ran ran = run("--base-id", "7", "--version");
    assertThat(ran.exit).isZero();
    assertThat(ran.err.lines()).singleElement().asString().contains("--base-id has no effect");
    assertThat(ran.out).contains("version: bifocal/");
  }

  @Test
  void aBootstrapThatIsNotThereIsOneLineThatNamesIt() {
    Ran ran = run("-c", "/nonexistent/b.yaml", "--mode", "validate");
    assertThat(ran.exit).isEqualTo(1);
    assertThat(ran.err.lines())
        .singleElement()
        .asString()
        .startsWith("error initializing configuration '/nonexistent/b.yaml': ");
  }

  @Test
  void validatingSaysOkOrWhyNot(@TempDir Path dir) throws Exception {
    Path good = Files.writeString(dir.resolve("good.yaml"), "node: {id: a, cluster: b}\n");
    Ran ok = run("-c", good.toString(), "--mode", "validate");
    assertThat(ok.err).isEmpty();
    assertThat(ok.out).isEqualTo("configuration '" + good + "' OK\n");
    assertThat(ok.exit).isZero();

    Path bad = Files.writeString(dir.resolve("bad.yaml"), "node:\n  idd: a\n");
    Ran refused = run("-c", bad.toString(), "--mode", "validate");
    assertThat(refused.exit).isEqualTo(1);
    assertThat(refused.err.lines()).singleElement().asString().contains("node.idd").contains(":2");
  }

  @Test
  void aComponentThatIsNotThereIsOneLineThatListsThoseThatAre() {
    Ran ran = run("--component-log-level", "upstraem:debug", "--config-yaml", "{}");
    assertThat(ran.exit).isEqualTo(1);
    assertThat(ran.err.lines()).singleElement().asString().contains("upstraem", "upstream)");
  }

  @Test
  void withoutABootstrapItSaysWhichFlagsGiveOne() {
    Ran ran = run();
    assertThat(ran.exit).isEqualTo(1);
    assertThat(ran.err).contains("--config-path").contains("--config-yaml");
  }

  @Test
  void helpListsEnvoysFlags() {
    Ran ran = run("--help");
    assertThat(ran.exit).isZero();
    assertThat(ran.out).contains("--config-path").contains("--drain-time-s").contains("--base-id");
  }

  private static Ran run(String... args) {
    PrintStream out = System.out;
    PrintStream err = System.err;
    ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
    ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
    try {
      System.setOut(new PrintStream(outBytes, true, StandardCharsets.UTF_8));
      System.setErr(new PrintStream(errBytes, true, StandardCharsets.UTF_8));
      int exit = Main.run(args);
      return new Ran(
          exit,
          outBytes.toString(StandardCharsets.UTF_8),
          errBytes.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }
}
