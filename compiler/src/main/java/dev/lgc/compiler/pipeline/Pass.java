package dev.lgc.compiler.pipeline;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.plan.StepId;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** A pass: a named pure function from graphs to graphs. Their order is in {@link Passes}. */
public sealed interface Pass {
  /** Its name, as {@code --dump} takes it. */
  String name();

  /** The reason for its place. */
  String reason();

  /** The kinds of steps that it may change. */
  Set<StepId.Kind> kinds();

  /** True for options that ask for it. */
  Predicate<PassOptions> when();

  /** A pass over the graph of one step, whatever the others are. */
  record EachStep(
      String name,
      String reason,
      Set<StepId.Kind> kinds,
      Predicate<PassOptions> when,
      UnaryOperator<Graph> rewrite)
      implements Pass {}

  /** A pass over all steps of a plan and what they store, which have to agree. */
  record AllSteps(
      String name,
      String reason,
      Set<StepId.Kind> kinds,
      Predicate<PassOptions> when,
      BiFunction<Derived, PassOptions, Derived> rewrite)
      implements Pass {}
}
