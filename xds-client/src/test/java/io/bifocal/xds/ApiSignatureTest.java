package io.bifocal.xds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The public API is what {@code api/xds-client.api} says. A change to it is a decision: it is
 * accepted by running this test with {@code -Dbifocal.api=write}, and seen in the review.
 */
class ApiSignatureTest {
  private static final Path FILE = Path.of("api", "xds-client.api");

  /** What is for embedders; every other package is public for Java's sake alone. */
  private static final List<String> PACKAGES =
      List.of(
          "io.bifocal.xds",
          "io.bifocal.xds.rest",
          "io.bifocal.xds.snapshot",
          "io.bifocal.xds.testing",
          "io.bifocal.xds.time");

  private static final Pattern INNER =
      Pattern.compile("io\\.bifocal\\.xds\\.(?!(rest|snapshot|testing|time)\\b)[a-z]");

  @Test
  void thePublicApiIsWhatTheFileSays() throws IOException {
    List<String> now = signature();
    if ("write".equals(System.getProperty("bifocal.api"))) {
      Files.createDirectories(FILE.getParent());
      Files.write(FILE, now);
      return;
    }
    List<String> accepted = Files.readAllLines(FILE);
    if (!now.equals(accepted)) {
      fail(
          "the public API is not what "
              + FILE
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
  void itMentionsNothingThatIsNotApi() throws IOException {
    // How the client itself reaches what is in memory; of no use to an embedder.
    String own = "public io.bifocal.xds.stream.Transport transport(io.bifocal.xds.time.Loop)";
    assertThat(signature())
        .noneMatch(line -> INNER.matcher(line).find() && !line.trim().startsWith(own));
  }

  @Test
  void theseRulesFindWhatTheyForbid() {
    assertThat(INNER.matcher("public io.bifocal.xds.state.TypeState x()").find()).isTrue();
    assertThat(lines(ApiSignatureTest.class)).as("not public").isEmpty();
    assertThat(lines(XdsClient.class)).anyMatch(line -> line.contains("close()"));
    assertThat(without(List.of("  class A", "    a()"), List.of("  class B", "    a()"), "- "))
        .isEqualTo("- class A\n- class A | a()\n");
  }

  private static List<String> signature() throws IOException {
    List<String> lines = new ArrayList<>();
    for (String name : PACKAGES) {
      lines.add("package " + name);
      classes(name).forEach(type -> lines.addAll(lines(type)));
      lines.add("");
    }
    return lines;
  }

  private static List<Class<?>> classes(String packageName) throws IOException {
    Path folder = Path.of("target", "classes").resolve(packageName.replace('.', '/'));
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(file -> file.endsWith(".class") && !file.equals("package-info.class"))
          .map(file -> named(packageName + "." + file.substring(0, file.length() - 6)))
          .sorted(Comparator.comparing(Class::getName))
          .collect(Collectors.toList());
    }
  }

  private static Class<?> named(String name) {
    try {
      return Class.forName(name, false, ApiSignatureTest.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new UncheckedIOException(new IOException(e));
    }
  }

  private static List<String> lines(Class<?> type) {
    if (!isVisible(type)) {
      return List.of();
    }
    List<String> lines = new ArrayList<>();
    lines.add("  " + heading(type));
    Set<String> members = new TreeSet<>();
    if (type.isRecord()) {
      lines.add(
          "    record("
              + Arrays.stream(type.getRecordComponents())
                  .map(ApiSignatureTest::component)
                  .collect(Collectors.joining(", "))
              + ")");
    }
    for (Field field : type.getDeclaredFields()) {
      add(members, field, field.toGenericString());
    }
    for (Constructor<?> constructor : type.getDeclaredConstructors()) {
      add(members, constructor, constructor.toGenericString() + names(constructor));
    }
    for (Method method : type.getDeclaredMethods()) {
      if (!Set.of("equals", "hashCode", "toString").contains(method.getName())) {
        add(members, method, method.toGenericString() + names(method));
      }
    }
    String owner = Pattern.quote(type.getName()) + "\\.(?=\\w+(\\(|$))";
    members.stream()
        .map(member -> brief(member.replaceFirst(owner, "")))
        .sorted()
        .forEach(member -> lines.add("    " + member));
    return lines;
  }

  private static <M extends AccessibleObject & Member> void add(
      Set<String> members, M member, String text) {
    boolean visible = Modifier.isPublic(member.getModifiers()) || isForHeirs(member);
    if (visible && !member.isSynthetic()) {
      members.add(text);
    }
  }

  private static boolean isForHeirs(Member member) {
    return Modifier.isProtected(member.getModifiers())
        && !Modifier.isFinal(member.getDeclaringClass().getModifiers());
  }

  private static boolean isVisible(Class<?> type) {
    boolean outer = type.getDeclaringClass() == null || isVisible(type.getDeclaringClass());
    return outer && Modifier.isPublic(type.getModifiers()) && !type.isSynthetic();
  }

  private static String heading(Class<?> type) {
    StringBuilder heading = new StringBuilder(type.toGenericString());
    Type above = type.getGenericSuperclass();
    if (above != null && above != Object.class && above != Record.class) {
      heading.append(" extends ").append(above.getTypeName());
    }
    if (type.getInterfaces().length > 0) {
      heading
          .append(type.isInterface() ? " extends " : " implements ")
          .append(
              Arrays.stream(type.getGenericInterfaces())
                  .map(Type::getTypeName)
                  .collect(Collectors.joining(", ")));
    }
    if (type.isSealed()) {
      heading
          .append(" permits ")
          .append(
              Arrays.stream(type.getPermittedSubclasses())
                  .map(Class::getSimpleName)
                  .sorted()
                  .collect(Collectors.joining(", ")));
    }
    return brief(heading.toString());
  }

  private static String component(RecordComponent component) {
    return brief(component.getGenericType().getTypeName()) + " " + component.getName();
  }

  // Names of parameters are documentation, not promises; they make the file readable.
  private static String names(Executable executable) {
    return executable.getParameterCount() == 0
        ? ""
        : Arrays.stream(executable.getParameters())
            .map(Parameter::getName)
            .collect(Collectors.joining(", ", "  // ", ""));
  }

  private static String brief(String text) {
    return text.replaceAll("java\\.(lang|util)\\.([A-Z])", "$2");
  }
}
