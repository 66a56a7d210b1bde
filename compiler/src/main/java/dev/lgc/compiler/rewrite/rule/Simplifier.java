package dev.lgc.compiler.rewrite.rule;

import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.op.Fill;
import dev.lgc.compiler.op.Op;
import dev.lgc.compiler.op.Terms;
import dev.lgc.dsl.text.Text;
import dev.lgc.dsl.type.TensorType;
import java.util.Arrays;
import java.util.List;

/**
 * Adds nodes in simplest form: the first rule that applies replaces a node, and what it adds is
 * simplified in turn.
 */
final class Simplifier implements Terms {
  /** One simplification. Rules only make a graph smaller or cheaper, so that applying them ends. */
  interface Rule {
    /**
     * A value equal to {@code op} of the operands, {@link Terms#NONE} where the rule does not
     * apply.
     *
     * @param t knows the operands' nodes, and simplifies what is added
     */
    int apply(Simplifier t, Op op, int[] x);
  }

  private final GraphBuilder b;
  private final List<Rule> rules;

  Simplifier(GraphBuilder b, List<Rule> rules) {
    this.b = b;
    this.rules = rules;
  }

  @Override
  public int add(Op op, int... x) {
    for (Rule r : rules) {
      int v = r.apply(this, op, x);
      if (v != NONE) {
        TensorType expected = op.infer(Arrays.stream(x).mapToObj(this::type).toList());
        if (!type(v).equals(expected)) {
          throw new IllegalStateException(
              Text.format("%s made %s of %s, which is %s", r, type(v), op, expected));
        }
        return v;
      }
    }
    return b.add(op, x);
  }

  @Override
  public TensorType type(int value) {
    return b.type(value);
  }

  Node node(int value) {
    return b.node(value);
  }

  Op op(int value) {
    return b.node(value).op();
  }

  /** The operand {@code k} of a value. */
  int operand(int value, int k) {
    return b.node(value).operands().get(k);
  }

  /** Returns true if a value is the same number everywhere. */
  boolean is(int value, double number) {
    return op(value) instanceof Fill f && f.value() == number;
  }
}
