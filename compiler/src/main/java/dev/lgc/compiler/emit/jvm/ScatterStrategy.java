package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.dsl.type.DType;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Runs {@code out[row, j] = sum over i of (index[i] == row ? update[i, j] : 0)} by walking the
 * updates once per range of rows and adding each to the row it names, instead of asking every row
 * about every update.
 *
 * <p>The result has the bits of the sum as written: the updates of a row are added in the order of
 * {@code i}. Ranges of rows are divided among threads, updates never.
 */
public final class ScatterStrategy implements Strategy {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;

  /** Ranges of rows that threads share out. */
  private static final int RANGES = 16;

  @Override
  public Optional<Schedule> propose(Kernel kernel, Machine machine) {
    return Scatter.of(kernel).map(s -> new Schedule.Scatter(s.rowsPerRange()));
  }

  @Override
  public CompiledKernel compile(Kernel kernel, Schedule schedule, Machine machine) {
    Scatter code = Scatter.of(kernel).orElseThrow();
    long ranges = Math.ceilDiv(code.rows, code.rowsPerRange());
    long work = (long) code.rows * code.width / 8 + (long) code.updates * code.width / 4;
    return new CompiledKernel(schedule, new Launch(List.of(ranges), 0, 0, work), code);
  }

  /**
   * The kernel's numbers.
   *
   * @param rows of the result
   * @param width elements of a row
   * @param updates how many there are
   */
  private record Scatter(int out, int index, int update, int rows, int width, int updates)
      implements KernelCode {
    static Optional<Scatter> of(Kernel kernel) {
      if (kernel.stages().size() != 1 || kernel.space().isEmpty()) {
        return Optional.empty();
      }
      Stage stage = kernel.stages().getFirst();
      Axis row = kernel.space().getFirst();
      if (stage.reducer() != Reducer.SUM
          || stage.reduction().size() != 1
          || !stage.axes().isEmpty()
          || kernel.space().size() > 2
          || !(stage.target() instanceof Stage.Target.Store store)
          || !(stage.value() instanceof Scalar.Apply(Function f, DType t, List<Scalar> choice))
          || f != Function.SELECT
          || t != DType.F32
          || !(choice.get(2) instanceof Scalar.Literal zero)
          || zero.value() != 0) {
        return Optional.empty();
      }
      Axis i = stage.reduction().getFirst();
      int width = kernel.space().size() == 2 ? kernel.space().get(1).extent() : 1;
      if (!(choice.get(0) instanceof Scalar.Apply(Function eq, DType _, List<Scalar> sides))
          || eq != Function.EQ
          || !(sides.get(0) instanceof Scalar.Load index)
          || !sides.get(1).equals(Scalar.of(row))
          || !(choice.get(1) instanceof Scalar.Load update)
          || index.guard().isPresent()
          || update.guard().isPresent()
          || !walks(index.index().getFirst(), i, 1, kernel, 0)
          || !walks(update.index().getFirst(), i, width, kernel, 1)
          || !walks(store.index(), row, width, kernel, 1)) {
        return Optional.empty();
      }
      return Optional.of(
          new Scatter(
              store.buffer(), index.operand(), update.operand(), row.extent(), width, i.extent()));
    }

    /** Whether an index is {@code stride · axis + column · last space axis}. */
    private static boolean walks(Scalar index, Axis axis, int stride, Kernel kernel, int column) {
      Affine a = Affine.of(index);
      boolean wide = kernel.space().size() == 2;
      int others = wide && column == 1 && kernel.space().get(1).extent() > 1 ? 1 : 0;
      return a.isPure()
          && a.constant() == 0
          && (axis.extent() == 1 || a.stride(axis) == stride)
          && (others == 0 || a.stride(kernel.space().get(1)) == 1)
          && a.strides().keySet().stream().filter(x -> x.extent() > 1).count() <= others + 1;
    }

    int rowsPerRange() {
      return Math.ceilDiv(rows, RANGES);
    }

    @Override
    public void run(int phase, long[] buffers, long shared, long scratch, long from, long to) {
      long first = from * rowsPerRange();
      long last = Math.min(rows, to * rowsPerRange());
      long result = buffers[out];
      if (first >= last) {
        return;
      }
      KernelSupport.MEMORY
          .asSlice(result + 4 * first * width, 4 * (last - first) * width)
          .fill((byte) 0);
      for (int i = 0; i < updates; i++) {
        int row = KernelSupport.MEMORY.get(ValueLayout.JAVA_INT_UNALIGNED, buffers[index] + 4L * i);
        if (row >= first && row < last) {
          add(result + 4L * row * width, buffers[update] + 4L * i * width, width);
        }
      }
    }

    private static void add(long to, long from, int count) {
      int j = 0;
      for (; j + FLOATS.length() <= count; j += FLOATS.length()) {
        FloatVector sum = load(to + 4L * j).add(load(from + 4L * j));
        sum.intoMemorySegment(KernelSupport.MEMORY, to + 4L * j, KernelSupport.ORDER);
      }
      for (; j < count; j++) {
        float sum =
            KernelSupport.MEMORY.get(ValueLayout.JAVA_FLOAT_UNALIGNED, to + 4L * j)
                + KernelSupport.MEMORY.get(ValueLayout.JAVA_FLOAT_UNALIGNED, from + 4L * j);
        KernelSupport.MEMORY.set(ValueLayout.JAVA_FLOAT_UNALIGNED, to + 4L * j, sum);
      }
    }

    private static FloatVector load(long address) {
      return FloatVector.fromMemorySegment(
          FLOATS, KernelSupport.MEMORY, address, KernelSupport.ORDER);
    }
  }
}
