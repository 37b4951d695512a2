package io.bifocal.dataplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.bifocal.api.SupportedFields;
import io.bifocal.api.SupportedFields.State;
import io.bifocal.xds.ResourceType;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * {@code docs/xds-support.md} and {@code docs/support.md} say what the code does: their tables are
 * made of the {@link SupportedFields} that there are, each between {@code <!-- Class.FIELD -->} and
 * {@code <!-- end -->}. Run this with {@code -Dbifocal.docs=write} after a change; the diff shows
 * what it means to a user.
 */
class SupportPagesTest {
  private static final Path XDS = Path.of("..", "docs", "xds-support.md");
  private static final List<Path> PAGES = List.of(XDS, Path.of("..", "docs", "support.md"));
  private static final Pattern TABLE =
      Pattern.compile("<!-- ([A-Za-z]+\\.[A-Z_0-9]+) -->\n(.*?)<!-- end -->\n", Pattern.DOTALL);
  private static final Pattern NOTE = Pattern.compile("\\| `([^`]+)` \\|[^|]*\\|([^|\n]+)\\|\n");
  private static final String UNTABLED = "Messages.WITHOUT_TABLE";

  private static Map<String, SupportedFields> tables;

  @BeforeAll
  static void find() throws ReflectiveOperationException {
    ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false);
    tables = new TreeMap<>();
    for (var type :
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.bifocal")) {
      for (JavaField field : type.getFields()) {
        Field found = field.reflect();
        if (found.getType() == SupportedFields.class && Modifier.isStatic(found.getModifiers())) {
          found.setAccessible(true);
          tables.put(
              type.getSimpleName() + "." + found.getName(), (SupportedFields) found.get(null));
        }
      }
    }
    assertThat(tables).as("there is something to check").containsKey("ClusterFields.CLUSTER");
  }

  @ParameterizedTest
  @FieldSource("PAGES")
  void theTablesAreWhatTheCodeDoes(Path path) throws IOException {
    String page = Files.readString(path);
    String now = rewritten(page);
    if ("write".equals(System.getProperty("bifocal.docs"))) {
      Files.writeString(path, now);
    } else if (!now.equals(page)) {
      fail(
          path
              + " is not what the code does; run this test with -Dbifocal.docs=write\n"
              + now.lines()
                  .filter(line -> page.lines().noneMatch(line::equals))
                  .collect(Collectors.joining("\n")));
    }
  }

  @Test
  void everyTableHasItsPlace() throws IOException {
    List<String> placed = TABLE.matcher(everything()).results().map(m -> m.group(1)).toList();
    List<String> wanted = new ArrayList<>(tables.keySet());
    wanted.add(UNTABLED);
    assertThat(placed).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(wanted);
  }

  @Test
  void ofEveryOtherMessageItSaysWhatIsRead() throws IOException {
    for (MatchResult block : TABLE.matcher(everything()).results().toList()) {
      if (block.group(1).equals(UNTABLED)) {
        assertThat(notes(block.group(2)).values()).isNotEmpty().doesNotContain("");
      }
    }
  }

  @Test
  void everyTypeOfResourceIsThere() throws ReflectiveOperationException, IOException {
    String page = Files.readString(XDS);
    int types = 0;
    for (Field field : ResourceType.class.getFields()) {
      if (field.get(null) instanceof ResourceType<?> type) {
        types++;
        String message = type.prototype().getDescriptorForType().getName();
        assertThat(page).contains("\n| " + type.shortName() + " | `" + message + "` |");
      }
    }
    assertThat(types).isGreaterThan(8);
  }

  @Test
  void aLieIsFound() {
    String lie = "<!-- ClusterFields.EXTRA_SOURCE -->\nall is well\n<!-- end -->\nprose\n";
    assertThat(rewritten(lie))
        .contains("| supported | `address` | |", "| refused | `socket_options` | |", "\nprose\n")
        .doesNotContain("all is well");
  }

  private static String everything() throws IOException {
    StringBuilder all = new StringBuilder();
    for (Path page : PAGES) {
      all.append(Files.readString(page));
    }
    return all.toString();
  }

  private static String rewritten(String page) {
    StringBuilder now = new StringBuilder();
    Matcher found = TABLE.matcher(page);
    while (found.find()) {
      String name = found.group(1);
      String content = found.group(2);
      if (name.equals(UNTABLED)) {
        content = untabled(notes(content));
      } else if (tables.containsKey(name)) {
        content = table(tables.get(name));
      }
      found.appendReplacement(
          now, Matcher.quoteReplacement("<!-- " + name + " -->\n" + content + "<!-- end -->\n"));
    }
    return found.appendTail(now).toString();
  }

  private static String table(SupportedFields fields) {
    Map<String, List<String>> rows = new LinkedHashMap<>();
    for (State state : State.values()) {
      for (FieldDescriptor field : fields.type().getFields()) {
        if (fields.state(field) == state) {
          rows.computeIfAbsent(row(state, fields.why(field)), r -> new ArrayList<>())
              .add("`" + field.getName() + "`");
        }
      }
    }
    StringBuilder table = new StringBuilder("`" + fields.type().getFullName() + "`\n\n");
    table.append("| | fields | |\n|---|---|---|\n");
    rows.forEach(
        (row, names) -> table.append(row.formatted(String.join(", ", names))).append('\n'));
    return table.toString();
  }

  private static String row(State state, String why) {
    String word =
        switch (state) {
          case SUPPORTED -> "supported";
          case IGNORED -> "warning";
          case REFUSED -> "refused";
        };
    return "| " + word + " | %s | " + (why.isEmpty() ? "|" : why.replace("%", "%%") + " |");
  }

  private static Map<String, String> notes(String content) {
    return NOTE.matcher(content)
        .results()
        .collect(Collectors.toMap(m -> m.group(1), m -> m.group(2).trim(), (a, b) -> a));
  }

  /** What supported fields hold and no table tells of; what is read of it, somebody has written. */
  private static String untabled(Map<String, String> notes) {
    List<Descriptor> tabled = tables.values().stream().map(SupportedFields::type).toList();
    Map<String, List<String>> holders = new TreeMap<>();
    for (SupportedFields table : tables.values()) {
      for (FieldDescriptor field : table.type().getFields()) {
        if (table.state(field) == State.SUPPORTED
            && field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
            && !field.isMapField()
            && !field.getMessageType().getFile().getPackage().equals("google.protobuf")
            && !tabled.contains(field.getMessageType())) {
          List<String> of =
              holders.computeIfAbsent(field.getMessageType().getFullName(), m -> new ArrayList<>());
          String holder = "`" + table.type().getName() + "." + field.getName() + "`";
          if (!of.contains(holder)) {
            of.add(holder);
          }
        }
      }
    }
    StringBuilder list = new StringBuilder("| message | held by | read |\n|---|---|---|\n");
    holders.forEach(
        (message, of) ->
            list.append(
                "| `%s` | %s | %s |\n"
                    .formatted(message, String.join(", ", of), notes.getOrDefault(message, ""))));
    return list.toString();
  }
}
