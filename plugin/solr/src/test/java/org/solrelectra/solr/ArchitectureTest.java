package org.solrelectra.solr;

import static com.tngtech.archunit.lang.conditions.ArchConditions.beFinal;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.base.DescribedPredicate;
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
import java.util.regex.Pattern;
import org.apache.solr.search.QParserPlugin;
import org.apache.solr.update.processor.UpdateRequestProcessorFactory;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.solrelectra.solr.core.EncoderRegistry;

/** Who may depend on whom, and what others may see. */
@AnalyzeClasses(
    packages = "org.solrelectra.solr",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule packagesHaveNoCycles =
      slices().matching("org.solrelectra.solr.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule modelsAreOpenedInCoreOnly =
      noClasses()
          .that()
          .resideOutsideOfPackage("org.solrelectra.solr.core")
          .should()
          .dependOnClassesThat()
          .haveSimpleName("OnnxEncoder");

  @ArchTest
  static final ArchRule noOnnxRuntimeAndNoLibtorch =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("ai.onnxruntime..", "org.bytedeco..");

  /** Solr calls public constructors of public classes; nothing else needs to be seen. */
  @ArchTest
  static final ArchRule publicIsWhatSolrconfigNamesAndTheRegistry =
      classes()
          .that()
          .arePublic()
          .should()
          .haveNameMatching(
              ".*(Factory|Plugin|Component|Handler)|"
                  + Pattern.quote(EncoderRegistry.class.getName()));

  @ArchTest
  static final ArchRule staticFieldsAreImmutable =
      fields()
          .that()
          .areStatic()
          .and()
          .doNotHaveModifier(JavaModifier.SYNTHETIC)
          .and()
          .areDeclaredInClassesThat()
          .areNotEnums()
          .should(beFinal())
          .andShould()
          .haveRawType(
              JavaClass.Predicates.assignableTo(String.class)
                  .or(JavaClass.Predicates.assignableTo(List.class))
                  .or(JavaClass.Predicates.assignableTo(Pattern.class))
                  .or(JavaClass.Predicates.assignableTo(Logger.class))
                  .or(JavaClass.Predicates.resideInAPackage("org.solrelectra.."))
                  .or(DescribedPredicate.describe("primitive", JavaClass::isPrimitive)));

  @ArchTest
  static final ArchRule instanceFieldsAreFinalExceptInWhatSolrInitialises =
      fields()
          .that()
          .areNotStatic()
          .and()
          .areDeclaredInClassesThat()
          .areNotAssignableTo(UpdateRequestProcessorFactory.class)
          .and()
          .areDeclaredInClassesThat()
          .areNotAssignableTo(QParserPlugin.class)
          .should(beFinal());

  @Test
  void publicTypesAreTheListedOnes() throws IOException {
    JavaClasses classes =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("org.solrelectra.solr");
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
