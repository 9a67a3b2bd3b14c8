package org.solrelectra.lucene;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who may depend on whom, and what others may see. */
@AnalyzeClasses(
    packages = "org.solrelectra.lucene",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule packagesHaveNoCycles =
      slices().matching("org.solrelectra.lucene.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule usableWithoutSolrAndLibtorch =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.apache.solr..", "org.bytedeco..", "org.slf4j..");

  @ArchTest
  static final ArchRule onnxRuntimeIsCalledByTheEncoderOnly =
      noClasses()
          .that()
          .resideOutsideOfPackage("org.solrelectra.lucene.encoder")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("ai.onnxruntime..");

  @ArchTest
  static final ArchRule graphFilesAreReadInOnePlace =
      noClasses()
          .that()
          .resideOutsideOfPackage("org.solrelectra.lucene.model")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("com.google.protobuf..", "ai.onnx.proto..", "org.tribuo..");

  @ArchTest
  static final ArchRule noStaticFieldCanBeSet =
      fields()
          .that()
          .areStatic()
          .and()
          .doNotHaveModifier(JavaModifier.SYNTHETIC)
          .and()
          .areDeclaredInClassesThat()
          .haveSimpleNameNotEndingWith("OrtRuntime")
          .should()
          .beFinal();

  @Test
  void publicTypesAreTheListedOnes() throws IOException {
    JavaClasses classes =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("org.solrelectra.lucene");
    List<String> found =
        classes.stream()
            .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC))
            .filter(type -> !type.getSimpleName().equals("package-info"))
            .map(JavaClass::getName)
            .sorted()
            .toList();
    try (InputStream listed = getClass().getResourceAsStream("/public-api.txt")) {
      assertEquals(
          new String(listed.readAllBytes(), StandardCharsets.UTF_8).lines().toList(), found);
    }
  }
}
