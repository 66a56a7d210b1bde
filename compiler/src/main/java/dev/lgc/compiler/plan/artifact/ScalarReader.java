package dev.lgc.compiler.plan.artifact;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The scalars of one kernel, in a form whose size and depth, written out, are limited. */
final class ScalarReader {
  private static final long MOST_NODES = 1 << 20;
  private static final int MOST_DEPTH = 1000;

  private final ByteReader in;
  private final List<Scalar> scalars = new ArrayList<>();
  private final List<Long> sizes = new ArrayList<>();
  private final List<Integer> depths = new ArrayList<>();

  ScalarReader(ByteReader in) throws ArtifactException {
    this.in = in;
    in.list(
        () -> {
          Scalar s = read();
          scalars.add(s);
          return s;
        });
  }

  /** A number, and the scalar it is of. */
  Scalar get() throws ArtifactException {
    return scalars.get(in.below(scalars.size(), "scalar"));
  }

  private Scalar read() throws ArtifactException {
    long[] size = {1};
    int[] depth = {1};
    Scalar s =
        switch (in.below(7, "scalar kind")) {
          case 0 -> {
            DType t = in.of(DType.values());
            yield new Scalar.Literal(t, in.value(t));
          }
          case 1 -> Scalar.of(new Axis(in.below(1 << 16, "axis"), in.below(1L << 31, "extent")));
          case 2 -> {
            int buffer = in.below(1 << 16, "buffer");
            yield new Scalar.Load(buffer, in.of(DType.values()), operands(size, depth));
          }
          case 3 -> {
            int buffer = in.below(1 << 16, "buffer");
            DType t = in.of(DType.values());
            double otherwise = in.value(t);
            List<Scalar> c = operands(size, depth);
            if (c.isEmpty()) {
              throw new ArtifactException("a guarded load without a guard");
            }
            yield new Scalar.Load(
                buffer, t, c.subList(0, c.size() - 1), Optional.of(c.getLast()), otherwise);
          }
          case 4 -> {
            Function f = in.of(Function.values());
            DType t = in.of(DType.values());
            yield new Scalar.Apply(f, t, operands(f.arity(), size, depth));
          }
          case 5 -> {
            List<Scalar> c = operands(6, size, depth);
            yield new Scalar.Uniform(c.subList(0, 4), c.get(4), c.get(5));
          }
          default -> {
            int number = in.below(1 << 16, "local");
            yield new Scalar.Local(number, in.of(DType.values()), operands(size, depth));
          }
        };
    if (size[0] > MOST_NODES || depth[0] > MOST_DEPTH) {
      throw new ArtifactException("an expression is too large");
    }
    sizes.add(size[0]);
    depths.add(depth[0]);
    return s;
  }

  private List<Scalar> operands(long[] size, int[] depth) throws ArtifactException {
    return in.list(() -> operand(size, depth));
  }

  private List<Scalar> operands(int n, long[] size, int[] depth) throws ArtifactException {
    List<Scalar> list = new ArrayList<>(n);
    for (int i = 0; i < n; i++) {
      list.add(operand(size, depth));
    }
    return list;
  }

  private Scalar operand(long[] size, int[] depth) throws ArtifactException {
    int n = in.below(scalars.size(), "operand");
    size[0] = Math.min(size[0] + sizes.get(n), Long.MAX_VALUE / 2);
    depth[0] = Math.max(depth[0], depths.get(n) + 1);
    return scalars.get(n);
  }
}
