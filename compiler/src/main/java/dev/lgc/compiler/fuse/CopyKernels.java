package dev.lgc.compiler.fuse;

import dev.lgc.compiler.algorithm.Algorithm;
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
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.List;

/** Kernels that copy a value to other memory, or fill memory with what needs no operand. */
public final class CopyKernels {
  private CopyKernels() {}

  /** Buffer 0 to buffer 1, or a fill or iota to buffer 0. */
  public static Kernel kernel(Node source) {
    TensorType type = source.type();
    long n = type.shape().elements();
    Buffer to = new Buffer(type.dtype(), n, Buffer.Access.WRITE);
    List<Axis> space = space(type.shape());
    QuasiAffine at = linear(space);
    return switch (source.op()) {
      case Fill f -> {
        double v = type.dtype() == DType.F32 ? (float) f.value() : f.value();
        yield kernel("fill", space, List.of(to), new Scalar.Literal(type.dtype(), v));
      }
      case Iota i -> {
        long below = type.shape().strides()[i.axis()];
        Scalar v = at.divide(below).modulo(type.shape().dim(i.axis())).toScalar();
        yield kernel("iota", space, List.of(to), v);
      }
      default -> {
        Buffer from = new Buffer(type.dtype(), n, Buffer.Access.READ);
        Scalar v = new Scalar.Load(0, type.dtype(), List.of(at.toScalar()));
        yield kernel("copy", space, List.of(from, to), v);
      }
    };
  }

  /** As few axes as there can be, outermost first: none is longer than an int counts. */
  private static List<Axis> space(Shape shape) {
    List<Integer> extents = new ArrayList<>();
    long extent = 1;
    for (int d : shape.dims().reversed()) {
      if (extent * d > Integer.MAX_VALUE) {
        extents.addFirst((int) extent);
        extent = 1;
      }
      extent *= d;
    }
    if (extent > 1) {
      extents.addFirst((int) extent);
    }
    return Algorithm.axes(extents);
  }

  private static QuasiAffine linear(List<Axis> space) {
    QuasiAffine at = QuasiAffine.ZERO;
    for (Axis a : space) {
      at = at.times(a.extent()).plus(QuasiAffine.atom(Scalar.of(a)));
    }
    return at;
  }

  private static Kernel kernel(String name, List<Axis> space, List<Buffer> buffers, Scalar value) {
    Stage.Target target = new Stage.Target.Store(buffers.size() - 1, linear(space).toScalar());
    return new Kernel(
        name,
        buffers,
        space,
        List.of(new Stage(target, List.of(), List.of(), Reducer.NONE, value)));
  }
}
