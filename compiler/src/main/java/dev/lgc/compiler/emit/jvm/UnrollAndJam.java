package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Affine;
import dev.lgc.compiler.kernel.Expressions;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.dsl.type.DType;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Optional;
import java.util.Set;

/**
 * Unroll-and-jam: results of a reduction that are computed side by side, so that no addition waits
 * for the one before it, and what they share is loaded once: those at neighbouring positions of an
 * axis.
 *
 * <p>Where vectors run along the axis, it is that many vectors: {@code y[j] = Σₖ p[k] v[k, j]}
 * reads rows of v instead of a column of vectors. Where they run along the reduction, it is that
 * many elements, whose lanes are then joined together ({@link HorizontalReduction}): {@code s[k] =
 * Σⱼ q[j] v[k, j]}.
 *
 * @param count how many
 * @param distance from one to the next on the axis
 */
record UnrollAndJam(Axis axis, int count, int distance) {
  private static final int MOST = 4;

  /** Terms of an expression that is worth repeating: code that is too long is not inlined. */
  private static final int LARGEST = 12;

  /**
   * The results that a stage can compute side by side.
   *
   * @param lanes the axis that vectors run along, or null
   */
  static Optional<UnrollAndJam> of(Stage stage, Axis lanes, int width) {
    boolean joins =
        switch (stage.reducer()) {
          case SUM, MAX, MIN -> lanes != null && stage.value().dtype() == DType.F32;
          case NONE, ARGMAX, ARGMIN -> false;
        };
    if (!joins || size(stage.value()) > LARGEST) {
      return Optional.empty();
    }
    boolean across = stage.reduction().contains(lanes);
    return (across ? elements(stage, width) : vectors(stage, lanes, width))
        .filter(b -> Expressions.uses(stage.value(), b.axis));
  }

  private static Optional<UnrollAndJam> vectors(Stage stage, Axis lanes, int width) {
    int vectors = lanes.extent() / width;
    return vectors < 2 || stage.bound(lanes).isPresent() || Axis.positions(stage.reduction()) == 1
        ? Optional.empty()
        : Optional.of(new UnrollAndJam(lanes, vectors >= MOST ? MOST : 2, width));
  }

  /** They are stored as one vector. */
  private static Optional<UnrollAndJam> elements(Stage stage, int width) {
    return Axis.innermost(stage.axes())
        .filter(a -> a.extent() >= MOST && width >= MOST && isDense(stage.target(), a))
        .map(a -> new UnrollAndJam(a, MOST, 1));
  }

  private static boolean isDense(Stage.Target target, Axis axis) {
    return switch (target) {
      case Stage.Target.Local _ -> false;
      case Stage.Target.Scratch t -> t.dtype() == DType.F32;
      case Stage.Target.Store(int _, Scalar index) -> {
        Affine at = Affine.of(index);
        yield at.stride(axis) == 1
            && at.rest().stream().noneMatch(p -> Expressions.uses(p.term(), axis));
      }
    };
  }

  /** Distinct terms, told apart by identity: equality would look at all that they share again. */
  private static int size(Scalar s) {
    return size(new Expressions().unique(s), Collections.newSetFromMap(new IdentityHashMap<>()));
  }

  private static int size(Scalar s, Set<Scalar> seen) {
    if (s instanceof Scalar.Load || !seen.add(s)) {
      return 1;
    }
    return 1 + s.children().stream().mapToInt(c -> size(c, seen)).sum();
  }
}
