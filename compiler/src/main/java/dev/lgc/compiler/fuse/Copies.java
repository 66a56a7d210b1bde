package dev.lgc.compiler.fuse;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.kernel.Buffer;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.compiler.op.Fill;
import dev.lgc.compiler.op.Iota;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.TensorType;
import java.util.List;

/** Kernels that bring a value that is no kernel's result, or another's, to where it is wanted. */
public final class Copies {
  private Copies() {}

  /** Buffer 0 to buffer 1, or a fill or iota to buffer 0. */
  public static Kernel kernel(Node source) {
    TensorType type = source.type();
    long n = type.shape().elements();
    Buffer to = new Buffer(type.dtype(), n, Buffer.Access.WRITE);
    return switch (source.op()) {
      case Fill f -> {
        double v = type.dtype() == DType.F32 ? (float) f.value() : f.value();
        yield kernel("fill", n, List.of(to), new Scalar.Literal(type.dtype(), v));
      }
      case Iota i -> {
        long below = type.shape().strides()[i.axis()];
        Linear at = n == 1 ? Linear.ZERO : Linear.atom(Scalar.of(new Axis(0, (int) n)));
        Scalar v = at.divide(below).modulo(type.shape().dim(i.axis())).toScalar();
        yield kernel("iota", n, List.of(to), v);
      }
      default -> {
        Buffer from = new Buffer(type.dtype(), n, Buffer.Access.READ);
        Scalar at = n == 1 ? Scalar.i32(0) : Scalar.of(new Axis(0, (int) n));
        yield kernel("copy", n, List.of(from, to), new Scalar.Load(0, type.dtype(), List.of(at)));
      }
    };
  }

  private static Kernel kernel(String name, long n, List<Buffer> buffers, Scalar value) {
    List<Axis> space = n == 1 ? List.of() : List.of(new Axis(0, (int) n));
    Scalar at = n == 1 ? Scalar.i32(0) : Scalar.of(space.getFirst());
    Stage.Target target = new Stage.Target.Store(buffers.size() - 1, at);
    return new Kernel(
        name,
        buffers,
        space,
        List.of(new Stage(target, List.of(), List.of(), Reducer.NONE, value)));
  }
}
