package org.solrelectra.training;

import static com.tngtech.archunit.lang.conditions.ArchConditions.beFinal;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.nio.file.CopyOption;
import java.nio.file.Files;
import java.nio.file.Path;
import org.solrelectra.training.task.ModelTask;

/** Who may depend on whom. */
@AnalyzeClasses(
    packages = "org.solrelectra.training",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  private static final String ROOT = "org.solrelectra.training.";

  @ArchTest
  static final ArchRule packagesHaveNoCycles =
      slices().matching(ROOT + "(*)..").should().beFreeOfCycles();

  /** A task that is one object is named where all are listed, and nowhere else. */
  @ArchTest
  static final ArchRule noTaskIsKnownByName =
      noClasses()
          .that()
          .resideOutsideOfPackage(ROOT + "task..")
          .should()
          .dependOnClassesThat(
              JavaClass.Predicates.assignableTo(ModelTask.class)
                  .and(DescribedPredicate.not(JavaClass.Predicates.type(ModelTask.class))));

  @ArchTest
  static final ArchRule nothingNeedsTheCommandLine =
      noClasses()
          .that()
          .resideOutsideOfPackage(ROOT + "cli..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(ROOT + "cli..", "picocli..", "me.tongfei..");

  @ArchTest
  static final ArchRule libtorchIsWhereNetworksAre =
      noClasses()
          .that()
          .resideOutsideOfPackages(
              ROOT + "network..",
              ROOT + "pretrain..",
              ROOT + "task..",
              ROOT + "finetune..",
              ROOT + "optimization..",
              ROOT + "checkpoint..",
              ROOT + "export..",
              // Processes exchange tensors through libtorch's own process groups.
              ROOT + "distributed..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.bytedeco..");

  /** Training may know the encoder that serves its models, but nothing that runs inside Solr. */
  @ArchTest
  static final ArchRule noSolr =
      noClasses().should().dependOnClassesThat().resideInAPackage("org.solrelectra.solr..");

  /** A running Solr is one of the places documents come from; it is asked through SolrJ. */
  @ArchTest
  static final ArchRule solrJIsWhereDocumentsComeFrom =
      noClasses()
          .that()
          .haveNameNotMatching(".*\\.corpus\\.SolrSource(\\$.*)?")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.apache.solr..");

  @ArchTest
  static final ArchRule onnxRuntimeStaysBehindTheEncoder =
      noClasses().should().dependOnClassesThat().resideInAPackage("ai.onnxruntime..");

  @ArchTest
  static final ArchRule networksKnowNothingOfDataAndFiles =
      classes()
          .that()
          .resideInAPackage(ROOT + "network..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              ROOT + "network..",
              ROOT + "random..",
              ROOT + "message..",
              "org.solrelectra.lucene.model..",
              "org.bytedeco..",
              "com.fasterxml.jackson..",
              "java..");

  /** A rename that is not forced to disk may overtake the content of the file. */
  @ArchTest
  static final ArchRule filesGetTheirNamesFromStorageAlone =
      noClasses()
          .that()
          .resideOutsideOfPackage(ROOT + "storage..")
          .should()
          .callMethod(Files.class, "move", Path.class, Path.class, CopyOption[].class);

  @ArchTest
  static final ArchRule staticFieldsAreFinal =
      fields().that().areStatic().and().doNotHaveModifier(JavaModifier.SYNTHETIC).should(beFinal());
}
