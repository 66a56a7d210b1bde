package dev.lgc.compiler.rewrite.rule;

import dev.lgc.compiler.emit.interp.Interpreter;
import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.op.Elementwise;
import dev.lgc.compiler.op.Fill;
import dev.lgc.compiler.op.Op;
import dev.lgc.compiler.op.Terms;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.Map;

/** An elementwise op of constants: {@code 2 + 3 → 5}. */
record FoldConstants() implements Simplifier.Rule {
  @Override
  public int apply(Simplifier t, Op op, int[] x) {
    if (!(op instanceof Elementwise) || x.length == 0) {
      return Terms.NONE;
    }
    for (int v : x) {
      if (!(t.op(v) instanceof Fill)) {
        return Terms.NONE;
      }
    }
    GraphBuilder b = new GraphBuilder();
    int[] scalars = new int[x.length];
    for (int i = 0; i < x.length; i++) {
      Fill f = (Fill) t.op(x[i]);
      scalars[i] = b.fill(f.value(), f.type().withShape(Shape.SCALAR));
    }
    int result = b.add(op, scalars);
    TensorType type = b.type(result).withShape(t.type(x[0]).shape());
    double value =
        Interpreter.run(
                b.build("constant", Map.of("value", result), Map.of()),
                Precision.AS_TYPED,
                Map.of(),
                Map.of())
            .outputs()
            .get("value")[0];
    return t.fill(value, type);
  }
}
