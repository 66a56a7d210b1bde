package dev.lgc.compiler.pipeline;

import dev.lgc.compiler.emit.jvm.JvmFusion;
import dev.lgc.compiler.fuse.FusionLimits;
import dev.lgc.compiler.fuse.SplitReductions;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.plan.StepId.Kind;
import dev.lgc.compiler.rewrite.Decompose;
import dev.lgc.compiler.rewrite.MixedPrecision;
import dev.lgc.compiler.rewrite.Simplify;
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
 * Initialisation}, {@link Optimization}). The first pass is over each graph as soon as there is
 * one, since others are derived of it. After the last, kernels are made of a graph by {@link
 * dev.lgc.compiler.fuse.Fuser}, and get their places from {@link dev.lgc.compiler.plan.Planner}.
 */
public final class Passes {
  /**
   * How much is fused into a kernel. A plan is made once and runs on every target, so that an
   * artifact does not depend on where it will be run: these are the limits of the JVM, where all
   * plans run. Other targets schedule the same kernels by limits of their own.
   */
  static final FusionLimits FUSION = JvmFusion.LIMITS;

  private static final Set<Kind> ALL_KINDS = EnumSet.allOf(Kind.class);

  /** Steps that compute products of which gradients are taken or losses reported. */
  private static final Set<Kind> LEARNING = EnumSet.of(Kind.GRADIENTS, Kind.ACCUMULATE, Kind.LOSS);

  /** Steps that keep values of a forward part for a backward part. */
  static final Set<Kind> BACKWARD = EnumSet.of(Kind.GRADIENTS, Kind.ACCUMULATE);

  /** Over each graph by itself, before anything is derived of it. */
  static final Pass.EachStep SIMPLIFY =
      each(
          "simplify",
          "gradients are made by now, which need what it takes away; what is derived of a graph,"
              + " and every later pass, finds each thing written in one way",
          // What accumulates is made of simplified gradients.
          EnumSet.complementOf(EnumSet.of(Kind.ACCUMULATE)),
          always(),
          Simplify::all);

  /** Over the steps of a plan, composites still whole. */
  static final List<Pass> WHOLE =
      List.of(
          each(
              "mixed-precision",
              "the gradients' products are there to be rounded like any others, and composites"
                  + " whose inside stays F32 are still whole",
              LEARNING,
              PassOptions::mixedPrecision,
              MixedPrecision::of),
          storage(
              "pack-weights",
              "products still read stored tensors themselves, by which one knows a weight",
              Request.StoreWeights::packed,
              (d, o) -> PackWeights.of(d.graphs(), d.stored())),
          storage(
              "quantize-weights",
              "what is packed is quantized as it lies in memory",
              o -> true,
              (d, o) -> QuantizeWeights.of(type(o), d.graphs(), d.stored())),
          storage(
              "quantize-caches",
              "attention is one operation still, by which one knows a cache",
              o -> o.type().isQuantized(),
              (d, o) -> QuantizeCaches.of(d.graphs(), d.stored())));

  /** Over the steps of a plan, from composites to what kernels are made of. */
  static final List<Pass> LOWERING =
      List.of(
          each(
              "decompose",
              "from here on there are primitives only: passes before look for whole operations,"
                  + " kernels are made of any primitives",
              ALL_KINDS,
              always(),
              Decompose::all),
          each(
              "simplify-primitives",
              "what a composite decomposes into does not know its surroundings",
              ALL_KINDS,
              always(),
              Simplify::all),
          each(
              "split-reductions",
              "each part of a long sum is an operation for fusion, and for what is computed again",
              ALL_KINDS,
              always(),
              g -> SplitReductions.of(g, FUSION)),
          new Pass.AllSteps(
              "rematerialize",
              "it chooses among values that will be in memory, which only the final graph shows;"
                  + " simplifying would merge what is computed again with its original",
              BACKWARD,
              always(),
              Rematerialization::of));

  /** All of them, in order. */
  public static final List<Pass> ALL =
      Stream.of(List.of(SIMPLIFY), WHOLE, LOWERING).<Pass>flatMap(List::stream).toList();

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
        EnumSet.complementOf(EnumSet.of(Kind.GRADIENTS, Kind.ACCUMULATE, Kind.UPDATE)),
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
