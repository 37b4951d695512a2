package io.bifocal.xds;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.bifocal.xds.stream.ScriptedTransport;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
  private static final String[] INNER = {
    "io.bifocal.xds.bootstrap..",
    "io.bifocal.xds.source..",
    "io.bifocal.xds.rest..",
    "io.bifocal.xds.file..",
    "io.bifocal.xds.stream..",
    "io.bifocal.xds.state..",
    "io.bifocal.xds.status..",
    "io.bifocal.xds.resource..",
    "io.bifocal.xds.tree.."
  };

  private final JavaClasses all =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.bifocal.xds");

  @Test
  void theClientKnowsNothingOfTheDataPlane() {
    assertThat(all).isNotEmpty();
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.bifocal.dataplane..", "io.netty..")
        .check(all);
  }

  @Test
  void packagesLeanOneWay() {
    layeredArchitecture()
        .consideringOnlyDependenciesInAnyPackage("io.bifocal.xds..")
        .layer("door")
        .definedBy("io.bifocal.xds")
        .layer("source")
        .definedBy("io.bifocal.xds.source..")
        .layer("ways")
        .definedBy("io.bifocal.xds.rest..", "io.bifocal.xds.file..")
        .layer("stream")
        .definedBy("io.bifocal.xds.stream..")
        .layer("state")
        .definedBy("io.bifocal.xds.state..")
        .layer("resource")
        .definedBy("io.bifocal.xds.resource..")
        .layer("load")
        .definedBy("io.bifocal.xds.load..")
        .layer("status")
        .definedBy("io.bifocal.xds.status..")
        .layer("tree")
        .definedBy("io.bifocal.xds.tree..")
        .layer("snapshot")
        .definedBy("io.bifocal.xds.snapshot..")
        .whereLayer("load")
        .mayOnlyBeAccessedByLayers("door")
        .whereLayer("status")
        .mayOnlyBeAccessedByLayers("door")
        .whereLayer("tree")
        .mayOnlyBeAccessedByLayers("door")
        .whereLayer("snapshot")
        .mayOnlyBeAccessedByLayers("door", "tree")
        .whereLayer("source")
        .mayOnlyBeAccessedByLayers("door")
        .whereLayer("ways")
        .mayOnlyBeAccessedByLayers("door", "source")
        .whereLayer("stream")
        .mayOnlyBeAccessedByLayers("door", "source", "load")
        .whereLayer("state")
        .mayOnlyBeAccessedByLayers("source", "stream")
        .whereLayer("resource")
        .mayOnlyBeAccessedByLayers("door", "source", "stream", "state")
        .check(all);
  }

  @Test
  void whatOwnsStateIsNotPublic() {
    fields()
        .that()
        .areNotFinal()
        .and()
        .areDeclaredInClassesThat()
        .resideInAnyPackage(INNER)
        .and()
        .areDeclaredInClassesThat()
        .areNotAssignableTo(ScriptedTransport.class)
        .should()
        .beDeclaredInClassesThat()
        .areNotPublic()
        .check(all);
  }
}
