package dev.lgc.compiler.rewrite;

import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.op.Elementwise;
import dev.lgc.compiler.op.Op;
import dev.lgc.dsl.type.DType;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/** Elementwise ops that take a target many instructions. */
final class Transcendental {
  private static final Set<Function> FUNCTIONS =
      EnumSet.of(
          Function.POW, Function.EXP, Function.LOG, Function.SIN, Function.COS, Function.TANH);

  private Transcendental() {}

  static boolean is(Op op) {
    if (!(op instanceof Elementwise e)) {
      return false;
    }
    // Only the functions matter here; SELECT's condition may be taken as a number.
    Scalar one = new Scalar.Literal(DType.F32, 1);
    return uses(e.value(Collections.nCopies(e.arity(), one)));
  }

  private static boolean uses(Scalar s) {
    return (s instanceof Scalar.Apply a && FUNCTIONS.contains(a.function()))
        || s.children().stream().anyMatch(Transcendental::uses);
  }
}
