package io.bifocal.xds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The public API is what {@code api/xds-client.api} says, and what is public behind it is what
 * {@code api/internal.api} says. A change to either is a decision: it is accepted by running this
 * test with {@code -Dbifocal.api=write}, and seen in the review.
 */
class ApiSignatureTest {
  private static final String INTERNAL = "io.bifocal.xds.internal.";
  private static final Predicate<String> INSIDE = name -> name.startsWith(INTERNAL);
  private static final Predicate<String> DOOR = INSIDE.negate();

  private static final Path CLASSES = Path.of("target", "classes");
  private static final Path TEST_CLASSES = Path.of("target", "test-classes");

  /** Where a benchmark of the data plane meets the client's fakes; it is no part of the program. */
  private static final String EXCEPTION = "ScriptedClient.java";

  @Test
  void thePublicApiIsWhatTheFileSays() throws IOException {
    compare("xds-client.api", api());
  }

  @Test
  void whatIsPublicBehindItIsWhatTheFileSays() throws IOException {
    compare("internal.api", Signature.of(INSIDE, CLASSES));
  }

  private static List<String> api() throws IOException {
    List<String> all = new ArrayList<>(Signature.of(DOOR, CLASSES));
    all.add("in the test-jar:");
    all.addAll(Signature.of("io.bifocal.xds.testing"::equals, TEST_CLASSES));
    return all;
  }

  private static void compare(String name, List<String> now) throws IOException {
    Path file = Path.of("api", name);
    if ("write".equals(System.getProperty("bifocal.api"))) {
      Files.createDirectories(file.getParent());
      Files.write(file, now);
      return;
    }
    List<String> accepted = Files.readAllLines(file);
    if (!now.equals(accepted)) {
      fail(
          "what is public is not what "
              + file
              + " says; to accept the change run this test with -Dbifocal.api=write\n"
              + without(accepted, now, "- ")
              + without(now, accepted, "+ "));
    }
  }

  /** The lines of one that the other does not have under the same type. */
  private static String without(List<String> lines, List<String> others, String sign) {
    Set<String> known = new HashSet<>(underTheirTypes(others));
    return underTheirTypes(lines).stream()
        .filter(line -> !known.contains(line))
        .map(line -> sign + line + "\n")
        .collect(Collectors.joining());
  }

  private static List<String> underTheirTypes(List<String> lines) {
    List<String> placed = new ArrayList<>();
    String type = "";
    for (String line : lines) {
      if (!line.startsWith("    ")) {
        type = line.trim();
        placed.add(type);
      } else {
        placed.add(type + " | " + line.trim());
      }
    }
    return placed;
  }

  @Test
  void theApiMentionsNothingInternal() throws IOException {
    assertThat(api()).noneMatch(line -> line.contains(INTERNAL));
  }

  @Test
  void noOtherModuleReachesBehindIt() throws IOException {
    List<Path> others = new ArrayList<>();
    for (String module : List.of("api-protos", "dataplane", "conformance-tests")) {
      try (Stream<Path> files = Files.walk(Path.of("..", module, "src"))) {
        files.filter(file -> file.toString().endsWith(".java")).forEach(others::add);
      }
    }
    assertThat(others.stream().map(file -> file.getFileName().toString())).contains(EXCEPTION);
    assertThat(others.stream().filter(file -> !file.endsWith(EXCEPTION)))
        .noneMatch(ApiSignatureTest::namesInternals);
  }

  private static boolean namesInternals(Path file) {
    try {
      return Files.readString(file).contains(INTERNAL);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void theseRulesFindWhatTheyForbid() throws IOException {
    assertThat(Signature.lines(ApiSignatureTest.class)).as("not public").isEmpty();
    assertThat(Signature.lines(XdsClient.class)).anyMatch(line -> line.contains("close()"));
    assertThat(Signature.of(INSIDE, CLASSES))
        .anyMatch(line -> line.contains("public") && line.contains(INTERNAL + "state.TypeState"));
    assertThat(namesInternals(Path.of("src/main/java/io/bifocal/xds/XdsClient.java"))).isTrue();
    assertThat(without(List.of("  class A", "    a()"), List.of("  class B", "    a()"), "- "))
        .isEqualTo("- class A\n- class A | a()\n");
  }
}
