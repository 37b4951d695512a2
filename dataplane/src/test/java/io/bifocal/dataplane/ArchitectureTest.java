package io.bifocal.dataplane;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import io.bifocal.dataplane.connect.ConnectRace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What may know what. */
class ArchitectureTest {
  private static final String ROOT = "io.bifocal.dataplane";

  /** From the top: nothing knows anything above it, nor its neighbours unless listed below. */
  private static final List<List<String>> LAYERS =
      List.of(
          List.of("cli"),
          List.of(""),
          List.of("observe", "admin"),
          List.of("listener", "controlplane"),
          List.of("http", "tcp"),
          List.of("cluster"),
          List.of("grid"),
          List.of("balance", "dns", "health", "pool"),
          List.of("connect"),
          List.of("host", "transport"));

  /** What every layer may use. */
  private static final List<String> SHARED =
      List.of(
          "stats",
          "time",
          "stream",
          "extension",
          "init",
          "worker",
          "format",
          "expression",
          "logging",
          "runtime",
          "secret",
          "match",
          "hash",
          "ondemand",
          "overload",
          "ratelimit");

  private static final Set<String> CLOCKS = Set.of("nanoTime", "currentTimeMillis", "sleep");

  private static JavaClasses classes;

  @BeforeAll
  static void read() {
    ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false); // names suffice
    classes =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.bifocal");
    assertThat(classes.contain(ConnectRace.class)).as("there is something to check").isTrue();
  }

  @Test
  void noLayerKnowsALayerAboveIt() {
    for (int i = 1; i < LAYERS.size(); i++) {
      List<String> above = LAYERS.subList(0, i).stream().flatMap(List::stream).toList();
      check(
          noClasses()
              .that(resideInAnyPackage(packages(LAYERS.get(i))))
              .should()
              .dependOnClassesThat(resideInAnyPackage(packages(above))));
    }
  }

  @Test
  void whatIsSharedKnowsNothingAboveConnect() {
    List<String> above = LAYERS.subList(0, 8).stream().flatMap(List::stream).toList();
    check(
        noClasses()
            .that(resideInAnyPackage(packages(SHARED)))
            .should()
            .dependOnClassesThat(resideInAnyPackage(packages(above))));
  }

  @Test
  void everyPackageHasItsPlace() {
    List<String> placed = new ArrayList<>(SHARED);
    LAYERS.forEach(placed::addAll);
    assertThat(
            classes.that(resideInAPackage(ROOT + "..")).stream()
                .filter(c -> !resideInAnyPackage(packages(placed)).test(c))
                .map(JavaClass::getPackageName)
                .distinct())
        .isEmpty();
  }

  @Test
  void everyPackageIsARoomOfThePage() throws IOException {
    String page = Files.readString(Path.of("..", "docs", "architecture.md"));
    assertThat(
            classes.that(resideInAnyPackage(ROOT + "..", "io.bifocal.xds..")).stream()
                .map(JavaClass::getPackageName)
                .map(name -> name.substring(name.lastIndexOf('.') + 1))
                .distinct()
                .filter(room -> !page.contains("`" + room + "`")))
        .isEmpty();
  }

  @Test
  void onlyTheCompositionRootAndTheProgramNameObserversAndAdmin() {
    check(
        noClasses()
            .that(not(resideInAnyPackage(packages(List.of("", "cli", "observe", "admin")))))
            .should()
            .dependOnClassesThat(resideInAnyPackage(packages(List.of("observe", "admin")))));
  }

  @Test
  void theXdsClientAndTheMessagesKnowNoDataPlane() {
    check(
        noClasses()
            .that(resideInAnyPackage("io.bifocal.xds..", "io.bifocal.api.."))
            .should()
            .dependOnClassesThat(resideInAPackage(ROOT + "..")));
  }

  @Test
  void onlyTheRaceConnectsASocket() {
    // The channel to a control plane is in-process: what is under it is a raced connection. A
    // connection of QUIC begins on a datagram socket that the race has connected.
    check(
        noClasses()
            .that(not(resideInAPackage(ROOT + ".connect..")))
            .and(not(resideInAPackage(ROOT + ".controlplane..")))
            .and(not(resideInAPackage(ROOT + ".transport.quic..")))
            .should()
            .callMethodWhere(connectsASocket()));
    check(
        noClasses()
            .that(resideInAnyPackage(ROOT + ".controlplane..", ROOT + ".transport.quic.."))
            .should()
            .dependOnClassesThat()
            .haveNameMatching("io\\.netty\\.(bootstrap\\.Bootstrap|.*\\.(Nio|Epoll)\\w*Channel)"));
  }

  @Test
  void theRaceKnowsNoNetty() {
    check(
        noClasses()
            .that(
                describe(
                    "are the race, its events and its order",
                    c ->
                        c.getPackageName().equals(ROOT + ".connect")
                            && c.getSimpleName()
                                .matches("ConnectRace|Commands|AddressOrder|AttemptEvent")))
            .should()
            .dependOnClassesThat(resideInAPackage("io.netty..")));
  }

  @Test
  void theGridKnowsNoNetty() {
    check(
        noClasses()
            .that(resideInAPackage(ROOT + ".grid.."))
            .and(not(describe("are the fake", c -> c.getName().contains(".ScriptedPools"))))
            .should()
            .dependOnClassesThat(resideInAPackage("io.netty..")));
  }

  @Test
  void timeHasOneDoor() {
    check(
        noClasses()
            .that(not(resideInAPackage("io.bifocal..time..")))
            .should()
            .callMethodWhere(readsAClock()));
  }

  @Test
  void theseRulesFindWhatTheyForbid() {
    JavaClasses races = classes.that(resideInAPackage(ROOT + ".connect.."));
    assertThat(violated(noClasses().should().callMethodWhere(connectsASocket()), races)).isTrue();
    JavaClasses loops = classes.that(resideInAPackage(ROOT + ".time.."));
    assertThat(violated(noClasses().should().callMethodWhere(readsAClock()), loops)).isTrue();
    JavaClasses pools = classes.that(resideInAPackage(ROOT + ".pool.."));
    assertThat(
            violated(
                noClasses()
                    .should()
                    .dependOnClassesThat(resideInAnyPackage(packages(List.of("connect")))),
                pools))
        .isTrue();
  }

  private static boolean violated(ArchRule rule, JavaClasses by) {
    return rule.evaluate(by).hasViolation();
  }

  private static DescribedPredicate<JavaCall<?>> readsAClock() {
    return describe(
        "reads a clock or sleeps",
        call ->
            CLOCKS.contains(call.getName())
                && call.getTargetOwner()
                    .getName()
                    .matches("java\\.lang\\.(System|Thread)|java\\.util\\.concurrent\\.TimeUnit"));
  }

  private static DescribedPredicate<JavaCall<?>> connectsASocket() {
    return describe(
        "connects a socket",
        call ->
            call.getName().equals("connect")
                && call.getTargetOwner().getName().matches("(io\\.netty|java\\.n(et|io))\\..*"));
  }

  private static void check(ArchRule rule) {
    rule.allowEmptyShould(true).check(classes);
  }

  private static String[] packages(List<String> names) {
    return names.stream()
        .map(name -> name.isEmpty() ? ROOT : ROOT + "." + name + "..")
        .toArray(String[]::new);
  }
}
