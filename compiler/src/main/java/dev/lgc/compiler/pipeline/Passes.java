package dev.lgc.compiler.pipeline;

import dev.lgc.compiler.emit.jvm.JvmFusion;
import dev.lgc.compiler.fuse.FusionLimits;
import dev.lgc.compiler.fuse.SplitReductions;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.plan.StepId.Kind;
import dev.lgc.compiler.rewrite.ConstantTables;
import dev.lgc.compiler.rewrite.Decompose;
import dev.lgc.compiler.rewrite.MixedPrecision;
import dev.lgc.compiler.rewrite.rule.Rules;
import dev.lgc.compiler.rewrite.storage.PackWeights;
import dev.lgc.compiler.rewrite.storage.QuantizeCaches;
import dev.lgc.compiler.rewrite.storage.QuantizeWeights;
import dev.lgc.compiler.rewrite.storage.StorageRewrite;
import dev.lgc.compiler.rewrite.storage.WeightType;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * The passes that the graphs of a plan's steps go through, in order, each with the reason for its
 * place. {@code lgc show --dump=NAME} prints what one of them leaves; {@code lgc show
 * --dump=passes} prints this list.
 *
 * <p>A step's graph is derived first, which the classes beside this one do: of an entry as it
 * stands ({@link dev.lgc.compiler.build.EntryBuilder}), of its gradients ({@link Training}), of the
 * positions that a generator computes at once ({@link Generation}), of what is stored ({@link
 * Initialisation}, {@link Optimization}). The first passes are over each graph as soon as there is
 * one, since others are derived of it. After the last, kernels are made of a graph by {@link
 * dev.lgc.compiler.fuse.Fuser}, and get their places from {@link dev.lgc.compiler.plan.Planner}.
 */
public final class Passes {
  /**
   * The limits of fusion. A plan is made once and runs on every target, so that an artifact does
   * not depend on where it will be run: these are the limits of the JVM, where all plans run. Other
   * targets schedule the same kernels by limits of their own.
   */
  static final FusionLimits FUSION = JvmFusion.LIMITS;

  private static final Set<Kind> ALL_KINDS = EnumSet.allOf(Kind.class);

  /** Steps that compute products of which gradients are taken or losses reported. */
  private static final Set<Kind> LEARNING =
      EnumSet.of(Kind.GRADIENTS, Kind.ACCUMULATE, Kind.REDUCE, Kind.LOSS);

  /** Steps whose graphs are not made of that of another step, which went through passes before. */
  private static final Set<Kind> NOT_DERIVED =
      EnumSet.complementOf(EnumSet.of(Kind.ACCUMULATE, Kind.REDUCE));

  /** Over each graph by itself, before anything is derived of it. */
  static final List<Pass.EachStep> FIRST =
      List.of(
          each(
              "simplify",
              "gradients are derived before, since they need nodes that it removes; graphs that"
                  + " are derived of this one, and all later passes, see one form of each"
                  + " expression",
              NOT_DERIVED,
              always(),
              Rules::applied),
          each(
              "constant-tables",
              "a simplified graph shows which values are constants; the steps that are derived"
                  + " of it share its tables",
              NOT_DERIVED,
              always(),
              ConstantTables::compute));

  /** Over the steps of a plan, where several ranks train. */
  static final Pass RANKS =
      new Pass.AllSteps(
          "rank-collectives",
          "all earlier passes see the step of one process, so that its bits do not depend on ranks;"
              + " parameters are gathered for the nodes that read them in the end, those of values"
              + " that are computed again among them",
          RankCollectives.KINDS,
          always(),
          (d, o) -> RankCollectives.of(d, o.gradients()));

  /** Over the steps of a plan, composites still whole. */
  static final List<Pass> WHOLE =
      List.of(
          new Pass.AllSteps(
              "tensor-parallel",
              "attention, whose heads are split, is still a single operation; weights are rounded,"
                  + " packed and quantized as each rank has them",
              EnumSet.of(Kind.EVALUATE, Kind.LOSS, Kind.PREFILL, Kind.STEP),
              o -> o.together() > 1,
              (d, o) -> d.split(o.together())),
          each(
              "mixed-precision",
              "the products of gradients exist by now and are rounded like all others; composites,"
                  + " whose inside stays F32, are still single operations",
              LEARNING,
              PassOptions::mixedPrecision,
              MixedPrecision::of),
          storage(
              "pack-weights",
              "a weight is recognized by a product that reads a stored tensor directly",
              Request.StoreWeights::packed,
              (d, o) -> PackWeights.of(d.graphs(), d.stored())),
          storage(
              "quantize-weights",
              "packed weights are quantized in the layout that they have in memory",
              o -> true,
              (d, o) -> QuantizeWeights.of(type(o), d.graphs(), d.stored())),
          storage(
              "quantize-caches",
              "a cache is recognized by attention, which is still a single operation",
              o -> o.type().isQuantized(),
              (d, o) -> QuantizeCaches.of(d.graphs(), d.stored())),
          each(
              "round-factors",
              "a weight that is stored in BF16 is a factor as it stands, without being widened and"
                  + " rounded again; composites, whose inside stays F32, are still single"
                  + " operations",
              EnumSet.of(Kind.EVALUATE),
              PassOptions::roundFactors,
              MixedPrecision::ofInference));

  /** Over the steps of a plan, from composites to what kernels are made of. */
  static final List<Pass> LOWERING =
      List.of(
          each(
              "decompose",
              "earlier passes look for whole operations; later ones, and fusion, see primitives"
                  + " only",
              ALL_KINDS,
              always(),
              Decompose::all),
          each(
              "simplify-primitives",
              "the primitives of a composite can be simplified with the nodes around them",
              ALL_KINDS,
              always(),
              Rules::applied),
          each(
              "constant-tables-primitives",
              "composites of constants are simplified primitives by now",
              ALL_KINDS,
              always(),
              ConstantTables::compute),
          each(
              "split-reductions",
              "fusion and rematerialization treat each part of a long sum as an operation",
              ALL_KINDS,
              always(),
              g -> SplitReductions.of(g, FUSION)),
          new Pass.AllSteps(
              "rematerialize",
              "it chooses among the values that will be in memory, which only the final graph"
                  + " shows; simplifying later would merge a recomputed value with its original",
              EnumSet.of(
                  Kind.GRADIENTS, Kind.ACCUMULATE, Kind.REDUCE), // those with a backward part
              always(),
              RematerializeToFit::of),
          RANKS);

  /** All of them, in order. */
  public static final List<Pass> ALL =
      Stream.of(FIRST, WHOLE, LOWERING).<Pass>flatMap(List::stream).toList();

  private Passes() {}

  /** The passes over the steps of one kind, in order. */
  public static List<Pass> of(Kind kind) {
    return ALL.stream().filter(p -> p.kinds().contains(kind)).toList();
  }

  /** The pass of a name. */
  public static Optional<Pass> named(String name) {
    return ALL.stream().filter(p -> p.name().equals(name)).findFirst();
  }

  private static Pass.EachStep each(
      String name,
      String reason,
      Set<Kind> kinds,
      Predicate<PassOptions> when,
      UnaryOperator<Graph> rewrite) {
    return new Pass.EachStep(name, reason, kinds, when, rewrite);
  }

  /** A pass over what is stored, which a plan that trains leaves as it is declared. */
  private static Pass.AllSteps storage(
      String name,
      String reason,
      Predicate<Request.StoreWeights> when,
      BiFunction<Derived, PassOptions, StorageRewrite> found) {
    return new Pass.AllSteps(
        name,
        reason,
        EnumSet.complementOf(
            EnumSet.of(Kind.GRADIENTS, Kind.ACCUMULATE, Kind.REDUCE, Kind.COMBINE, Kind.UPDATE)),
        o -> o.storage().filter(when).isPresent(),
        (d, o) -> d.stored(found.apply(d, o)));
  }

  private static WeightType type(PassOptions o) {
    return o.storage().map(Request.StoreWeights::type).orElse(WeightType.F32);
  }

  private static Predicate<PassOptions> always() {
    return o -> true;
  }
}
