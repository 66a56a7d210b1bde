package dev.lgc.examples;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/**
 * The arrows between the modules, and no circles between their packages.
 *
 * <pre>{@code
 * grammar  <- dsl <- compiler <- runtime        models -> dsl        examples -> runtime, models
 * }</pre>
 */
@AnalyzeClasses(packages = "dev.lgc", importOptions = DoNotIncludeTests.class)
final class ArchitectureTest {

  @ArchTest
  static final ArchRule grammarStandsAlone =
      neverUses("grammar", "dsl", "compiler", "runtime", "models", "examples");

  @ArchTest
  static final ArchRule dslUsesOnlyTheGrammar =
      neverUses("dsl", "compiler", "runtime", "models", "examples");

  @ArchTest
  static final ArchRule compilerUsesOnlyTheDsl =
      neverUses("compiler", "grammar", "runtime", "models", "examples");

  @ArchTest
  static final ArchRule runtimeUsesOnlyTheCompilerAndTheDsl =
      neverUses("runtime", "grammar", "models", "examples");

  @ArchTest
  static final ArchRule modelsUseOnlyTheDsl =
      neverUses("models", "grammar", "compiler", "runtime", "examples");

  @ArchTest
  static final ArchRule packagesHaveNoCycles =
      slices().matching("dev.lgc.(**)").should().beFreeOfCycles().allowEmptyShould(true);

  private static ArchRule neverUses(String module, String... others) {
    String[] packages = new String[others.length];
    for (int i = 0; i < others.length; i++) {
      packages[i] = "dev.lgc." + others[i] + "..";
    }
    return noClasses()
        .that()
        .resideInAPackage("dev.lgc." + module + "..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(packages)
        .allowEmptyShould(true);
  }
}
