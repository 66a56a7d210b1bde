package dev.lgc.compiler.op;

import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.List;

/**
 * Scaled dot-product attention (arXiv:1706.03762) with grouped heads: q[b, s, heads d], k and v [b,
 * t, kvHeads d] to [b, s, heads d]. Query head {@code h} uses key head {@code h / (heads /
 * kvHeads)}. When causal, query {@code i} stands at position {@code i} (plus the position operand)
 * and sees keys {@code j} up to its own position. Of those it sees only valid keys, but always
 * itself. When not causal and without keys it sees all.
 *
 * @param keys there is an operand BOOL [b, t]: which keys are valid; it follows v
 * @param positioned there is a last operand, scalar I32: the position of query 0, for decoding over
 *     a cache
 */
public record Attend(
    int heads, int kvHeads, double scale, boolean causal, boolean keys, boolean positioned)
    implements Composite {
  public Attend {
    Checks.require(kvHeads > 0 && heads % kvHeads == 0, "%s heads over %s", heads, kvHeads);
  }

  @Override
  public TensorType infer(List<TensorType> operands) {
    Shape q = operands.get(0).shape();
    Shape k = operands.get(1).shape();
    int expected = 3 + (keys ? 1 : 0) + (positioned ? 1 : 0);
    Checks.require(
        operands.size() == expected
            && q.rank() == 3
            && k.rank() == 3
            && k.equals(operands.get(2).shape())
            && q.dim(0) == k.dim(0)
            && q.dim(2) % heads == 0
            && q.dim(2) / heads * kvHeads == k.dim(2),
        "%s of %s",
        this,
        operands);
    if (keys) {
      TensorType valid = new TensorType(DType.BOOL, Shape.of(k.dim(0), k.dim(1)));
      Checks.require(operands.get(3).equals(valid), "%s of %s", this, operands);
    }
    if (positioned) {
      Checks.require(operands.getLast().equals(TensorType.i32()), "%s of %s", this, operands);
    }
    return operands.get(0);
  }

  @Override
  public int decompose(Terms t, int[] x) {
    int probabilities = probabilities(t, x);
    int mixed = t.contract("bgrst,btgd->bsgrd", probabilities, split(t, x[2]));
    return t.reshape(mixed, t.type(x[0]).shape());
  }

  /** [b, g, r, s, t]: key head, query head within it, query, key. */
  private int probabilities(Terms t, int[] x) {
    int scores = t.contract("bsgrd,btgd->bgrst", grouped(t, x[0]), split(t, x[1]));
    int scaled = t.scale(scores, scale);
    int seen = seen(t, x);
    if (seen != Terms.NONE) {
      TensorType type = t.type(scaled);
      scaled = t.where(seen, scaled, t.fill(Double.NEGATIVE_INFINITY, type));
    }
    return new Softmax(4).decompose(t, new int[] {scaled});
  }

  /** True for the keys that each query sees, in the shape of the scores; NONE if all. */
  private int seen(Terms t, int[] x) {
    Shape q = t.type(x[0]).shape();
    Shape k = t.type(x[1]).shape();
    Shape plane = Shape.of(q.dim(1), k.dim(1));
    Shape full = Shape.of(q.dim(0), kvHeads, heads / kvHeads, q.dim(1), k.dim(1));
    int query = t.iota(0, plane);
    if (positioned) {
      query = t.plus(query, t.broadcast(x[x.length - 1], plane));
    }
    int key = t.iota(1, plane);
    int seen = causal ? t.lessEqual(key, query) : Terms.NONE;
    if (!keys) {
      return seen == Terms.NONE ? seen : t.broadcast(seen, full);
    }
    Shape rows = Shape.of(q.dim(0), 1, 1, 1, k.dim(1));
    int valid = t.broadcast(t.reshape(x[3], rows), full);
    int both = seen == Terms.NONE ? valid : t.add(new And(), t.broadcast(seen, full), valid);
    return t.add(new Or(), both, t.broadcast(t.equal(key, query), full));
  }

  private int grouped(Terms t, int v) {
    Shape s = t.type(v).shape();
    int d = s.dim(2) / heads;
    return t.reshape(v, s.dim(0), s.dim(1), kvHeads, heads / kvHeads, d);
  }

  private int split(Terms t, int v) {
    Shape s = t.type(v).shape();
    return t.reshape(v, s.dim(0), s.dim(1), kvHeads, s.dim(2) / kvHeads);
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    int[] gradients = Op.none(x.length);
    int p = probabilities(t, x);
    int go = grouped(t, g);
    int gp = t.contract("bsgrd,btgd->bgrst", go, split(t, x[2]));
    int gs = t.scale(new Softmax(4).gradient(t, new int[1], p, gp)[0], scale);
    Shape keyShape = t.type(x[1]).shape();
    gradients[0] =
        t.reshape(t.contract("bgrst,btgd->bsgrd", gs, split(t, x[1])), t.type(x[0]).shape());
    gradients[1] = t.reshape(t.contract("bgrst,bsgrd->btgd", gs, grouped(t, x[0])), keyShape);
    gradients[2] = t.reshape(t.contract("bgrst,bsgrd->btgd", p, go), keyShape);
    return gradients;
  }
}
