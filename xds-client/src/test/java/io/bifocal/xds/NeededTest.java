package io.bifocal.xds;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.bifocal.xds.internal.stream.ScriptedTransport;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What need not be public is not; who needs something public is another package of the client. */
class NeededTest {
  private static final String INTERNAL = "io.bifocal.xds.internal..";

  /** Fakes are for tests, which may be anywhere. */
  private static final DescribedPredicate<JavaClass> FAKE =
      describe("are fakes", type -> type.getSimpleName().startsWith("Scripted"));

  private final JavaClasses all =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.bifocal.xds");

  @Test
  void whatIsPublicInsideIsNeededByAnotherPackage() {
    assertThat(unneeded(all.that(resideInAPackage(INTERNAL).and(not(FAKE))))).isEmpty();
  }

  @Test
  void whatNobodyNeedsIsFound() {
    String fake = ScriptedTransport.class.getName();
    assertThat(unneeded(all.that(resideInAPackage(INTERNAL).and(FAKE))))
        .contains(fake, fake + ".takeSent()")
        .noneMatch(name -> name.startsWith(fake + ".open("));
  }

  private static List<String> unneeded(JavaClasses classes) {
    List<String> unneeded = new ArrayList<>();
    for (JavaClass type : classes) {
      if (!isVisible(type)) {
        continue;
      }
      if (type.getDirectDependenciesToSelf().stream()
          .allMatch(d -> type.getPackage().equals(d.getOriginClass().getPackage()))) {
        unneeded.add(type.getName());
      }
      type.getMembers().stream()
          .filter(member -> member.getModifiers().contains(JavaModifier.PUBLIC))
          .filter(member -> !isForcedByJava(member))
          .filter(
              member ->
                  member.getAccessesToSelf().stream()
                      .allMatch(
                          access -> type.getPackage().equals(access.getOriginOwner().getPackage())))
          .forEach(member -> unneeded.add(member.getFullName()));
    }
    return unneeded;
  }

  private static boolean isVisible(JavaClass type) {
    return type.getModifiers().contains(JavaModifier.PUBLIC)
        && type.getEnclosingClass().map(NeededTest::isVisible).orElse(true);
  }

  // What interfaces ask for, what overrides, and what a record has by being one.
  private static boolean isForcedByJava(JavaMember member) {
    JavaClass type = member.getOwner();
    if (type.isEnum() || member.getModifiers().contains(JavaModifier.ABSTRACT)) {
      return true;
    }
    if (!(member instanceof JavaCodeUnit code)) {
      return false;
    }
    List<JavaClass> parameters = code.getRawParameterTypes();
    if (type.isRecord()) {
      long components =
          type.getFields().stream()
              .filter(field -> !field.getModifiers().contains(JavaModifier.STATIC))
              .count();
      boolean accessor = parameters.isEmpty() && type.tryGetField(member.getName()).isPresent();
      if (accessor || (code.isConstructor() && parameters.size() == components)) {
        return true;
      }
    }
    return Stream.concat(type.getAllRawSuperclasses().stream(), type.getAllRawInterfaces().stream())
        .flatMap(above -> above.getMethods().stream())
        .anyMatch(
            method ->
                method.getName().equals(member.getName())
                    && method.getRawParameterTypes().size() == parameters.size());
  }
}
