package dev.lgc.examples;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTag;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The arrows between the modules, some between their packages, and no circles.
 *
 * <pre>{@code
 * grammar  <- dsl <- compiler <- runtime        models -> dsl        examples -> runtime, models
 * }</pre>
 */
@AnalyzeClasses(packages = "dev.lgc", importOptions = DoNotIncludeTests.class)
@ArchTag("pure")
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

  /** Rewriting a graph does not depend on the plan that the graph becomes. */
  @ArchTest
  static final ArchRule rewritesKnowNoPlan = neverUses("compiler.rewrite", "compiler.plan");

  /**
   * A command is options, one call, and what is printed: of the compiler it names requests, plans
   * and weight types, and leaves its other stages to the packages below.
   */
  @ArchTest
  static final ArchRule commandsKnowNoStageOfTheCompiler =
      noClasses()
          .that()
          .resideInAPackage("dev.lgc.runtime.cli")
          .should()
          .dependOnClassesThat(
              resideInAPackage("dev.lgc.compiler..")
                  .and(
                      not(
                          resideInAnyPackage(
                              "dev.lgc.compiler.pipeline",
                              "dev.lgc.compiler.plan",
                              "dev.lgc.compiler.rewrite.storage"))));

  /**
   * A target is two packages and a line in the list of targets; {@code TargetsTest} reads sources
   * for what else would name one.
   */
  @ArchTest
  static final ArchRule onlyTheListOfTargetsKnowsOne =
      noClasses()
          .that()
          .resideOutsideOfPackages(
              "dev.lgc.compiler.emit.tornado", "dev.lgc.runtime.device.tornado")
          .and()
          .doNotHaveFullyQualifiedName("dev.lgc.runtime.device.Targets")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.lgc.compiler.emit.tornado", "dev.lgc.runtime.device.tornado")
          .allowEmptyShould(true);

  /**
   * The order of such a map or set is another in every run of the JVM, and so would be the code
   * that is made of it: an artifact is to have the same bytes whenever it is made.
   */
  @ArchTest
  static final ArchRule codeDoesNotDependOnTheRun =
      noClasses()
          .that()
          .resideInAnyPackage(
              "dev.lgc.compiler.algorithm..",
              "dev.lgc.compiler.emit..",
              "dev.lgc.compiler.fuse..",
              "dev.lgc.compiler.kernel..",
              "dev.lgc.compiler.plan..")
          .should()
          .callMethod(Map.class, "copyOf", Map.class)
          .orShould()
          .callMethod(Set.class, "copyOf", Collection.class);

  /** A call or a method reference that writes numbers or letters by the user's locale. */
  private static final DescribedPredicate<JavaAccess<?>> BY_LOCALE =
      DescribedPredicate.describe(
          "depends on the default locale",
          a ->
              a.getTarget() instanceof AccessTarget.CodeUnitAccessTarget t
                  && isByLocale(t.getOwner(), t.getName(), t.getRawParameterTypes()));

  private static boolean isByLocale(JavaClass owner, String name, List<JavaClass> parameters) {
    boolean told = !parameters.isEmpty() && parameters.getFirst().isEquivalentTo(Locale.class);
    if (owner.isEquivalentTo(String.class)) {
      boolean cased = name.equals("toLowerCase") || name.equals("toUpperCase");
      return !told && (cased || name.equals("format") || name.equals("formatted"));
    }
    boolean prints =
        owner.isAssignableTo(PrintStream.class) || owner.isAssignableTo(PrintWriter.class);
    return prints && !told && (name.equals("printf") || name.equals("format"));
  }

  @ArchTest
  static final ArchRule numbersAreWrittenAlikeEverywhere =
      noClasses().should().accessTargetWhere(BY_LOCALE);

  private static ArchRule neverUses(String part, String... others) {
    String[] packages = new String[others.length];
    for (int i = 0; i < others.length; i++) {
      packages[i] = "dev.lgc." + others[i] + "..";
    }
    return noClasses()
        .that()
        .resideInAPackage("dev.lgc." + part + "..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(packages)
        .allowEmptyShould(true);
  }
}
