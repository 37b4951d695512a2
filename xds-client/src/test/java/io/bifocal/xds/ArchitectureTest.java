package io.bifocal.xds;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.bifocal.xds.internal.state.RefusedLimit;
import io.bifocal.xds.internal.stream.ScriptedTransport;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
  private static final String INTERNAL = "io.bifocal.xds.internal..";

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
        .definedBy("io.bifocal.xds.internal.source..")
        .layer("ways")
        .definedBy("io.bifocal.xds.rest..", "io.bifocal.xds.file..")
        .layer("stream")
        .definedBy("io.bifocal.xds.internal.stream..")
        .layer("state")
        .definedBy("io.bifocal.xds.internal.state..")
        .layer("resource")
        .definedBy("io.bifocal.xds.internal.resource..")
        .layer("load")
        .definedBy("io.bifocal.xds.internal.load..")
        .layer("status")
        .definedBy("io.bifocal.xds.internal.status..")
        .layer("tree")
        .definedBy("io.bifocal.xds.internal.tree..")
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
        .resideInAnyPackage(INTERNAL, "io.bifocal.xds.rest..", "io.bifocal.xds.file..")
        .and()
        .areDeclaredInClassesThat()
        .areNotAssignableTo(ScriptedTransport.class)
        .and()
        .areDeclaredInClassesThat()
        .areNotAssignableTo(RefusedLimit.class) // which other packages hold, and cannot call
        .should()
        .beDeclaredInClassesThat()
        .areNotPublic()
        .check(all);
  }
}
