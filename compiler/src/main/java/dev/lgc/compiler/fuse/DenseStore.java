package dev.lgc.compiler.fuse;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A stage that stores every element of a buffer exactly once, at an index whose digits are the axes
 * of the kernel and of the stage.
 *
 * <p>{@code y[a*64 + b] = …} for {@code a < 8, b < 64} has the digits {@code b} of stride 1 and
 * {@code a} of stride 64.
 */
record DenseStore(Stage stage, List<Digit> digits) {
  /** An axis and its stride in the index. */
  record Digit(Axis axis, long stride) {
    /** The same digit of another index of the buffer. */
    QuasiAffine of(QuasiAffine index) {
      return index.divide(stride).modulo(axis.extent());
    }
  }

  /** The stage that stores a buffer, if there is one and it does so densely. */
  static Optional<DenseStore> of(Kernel kernel, int buffer) {
    List<Stage> stores = new ArrayList<>();
    for (Stage s : kernel.stages()) {
      if (s.target() instanceof Stage.Target.Store t && t.buffer() == buffer) {
        stores.add(s);
      }
    }
    return stores.size() == 1 ? of(kernel, buffer, stores.getFirst()) : Optional.empty();
  }

  private static Optional<DenseStore> of(Kernel kernel, int buffer, Stage found) {
    QuasiAffine index = QuasiAffine.of(((Stage.Target.Store) found.target()).index());
    if (!index.isAffine() || index.constant() != 0) {
      return Optional.empty();
    }
    List<Digit> digits = new ArrayList<>();
    Set<Axis> axes = new HashSet<>();
    for (int i = 0; i < index.size(); i++) {
      Axis a = ((Scalar.AxisIndex) index.atom(i)).axis();
      digits.add(new Digit(a, index.factor(i)));
      axes.add(a);
    }
    digits.sort((x, y) -> Long.compare(x.stride(), y.stride()));
    long next = 1;
    for (Digit d : digits) {
      if (d.stride() != next) {
        return Optional.empty();
      }
      next *= d.axis().extent();
    }
    boolean whole =
        next == kernel.buffers().get(buffer).elements()
            && axes.containsAll(kernel.space())
            && axes.containsAll(found.axes());
    return whole ? Optional.of(new DenseStore(found, digits)) : Optional.empty();
  }

  /** The axis that an index is, if it is one and nothing else. */
  static Optional<Axis> axis(QuasiAffine index) {
    return index.size() == 1
            && index.constant() == 0
            && index.factor(0) == 1
            && index.atom(0) instanceof Scalar.AxisIndex(Axis a)
        ? Optional.of(a)
        : Optional.empty();
  }

  /** The stride of an axis. */
  Digit digit(Axis axis) {
    return digits.stream().filter(d -> d.axis().equals(axis)).findFirst().orElseThrow();
  }
}
