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
import java.util.stream.Stream;
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
    long work = (long) code.rows * code.width / 8 + code.updates() * code.width / 4;
    return new CompiledKernel(schedule, new Launch(List.of(ranges), 0, 0, work), code);
  }

  /** Where the updates are: one number per reduction axis, last fastest. */
  private record Walk(int[] extents, Line index, Line update) {
    long length() {
      long n = 1;
      for (int e : extents) {
        n *= e;
      }
      return n;
    }
  }

  /** A buffer's element as {@code constant + Σ stride · position}. */
  private record Line(int buffer, long constant, long[] strides) {
    long at(int[] extents, long i) {
      long place = constant;
      long rest = i;
      for (int a = extents.length - 1; a >= 0; a--) {
        place += rest % extents[a] * strides[a];
        rest /= extents[a];
      }
      return place;
    }
  }

  /**
   * The kernel's numbers.
   *
   * @param out the buffer written, dense
   * @param rows of the result
   * @param width elements of a row
   */
  private record Scatter(int out, int rows, int width, Walk walk) implements KernelCode {
    static Optional<Scatter> of(Kernel kernel) {
      if (kernel.stages().size() != 1 || kernel.space().isEmpty() || kernel.space().size() > 2) {
        return Optional.empty();
      }
      Stage stage = kernel.stages().getFirst();
      Axis row = kernel.space().getFirst();
      Optional<Axis> column = kernel.space().stream().skip(1).findFirst();
      if (stage.reducer() != Reducer.SUM
          || !stage.axes().isEmpty()
          || !(stage.target() instanceof Stage.Target.Store store)
          || !(stage.value() instanceof Scalar.Apply(Function f, DType t, List<Scalar> choice))
          || f != Function.SELECT
          || t != DType.F32
          || !(choice.get(2) instanceof Scalar.Literal zero)
          || zero.value() != 0
          || !(choice.get(0) instanceof Scalar.Apply(Function eq, DType _, List<Scalar> sides))
          || eq != Function.EQ
          || !(sides.get(0) instanceof Scalar.Load index)
          || !sides.get(1).equals(Scalar.of(row))
          || !(choice.get(1) instanceof Scalar.Load update)) {
        return Optional.empty();
      }
      int width = column.map(Axis::extent).orElse(1);
      Affine written = Affine.of(store.index());
      boolean dense =
          written.constant() == 0
              && only(written, kernel.space())
              && (row.extent() == 1 || written.stride(row) == width)
              && (width == 1 || written.stride(column.orElseThrow()) == 1);
      Optional<Line> names = line(index, stage.reduction(), Optional.empty());
      Optional<Line> values = line(update, stage.reduction(), column);
      if (!dense || names.isEmpty() || values.isEmpty()) {
        return Optional.empty();
      }
      int[] extents = stage.reduction().stream().mapToInt(Axis::extent).toArray();
      return Optional.of(
          new Scatter(
              store.buffer(),
              row.extent(),
              width,
              new Walk(extents, names.get(), values.get())));
    }

    /** A load that walks the axes, and whole rows along a column axis. */
    private static Optional<Line> line(Scalar.Load load, List<Axis> axes, Optional<Axis> column) {
      Affine a = Affine.of(load.index().getFirst());
      List<Axis> all = Stream.concat(axes.stream(), column.stream()).toList();
      boolean fits =
          load.guard().isEmpty()
              && only(a, all)
              && column.map(c -> c.extent() == 1 || a.stride(c) == 1).orElse(true);
      return fits
          ? Optional.of(
              new Line(load.operand(), a.constant(), axes.stream().mapToLong(a::stride).toArray()))
          : Optional.empty();
    }

    /** Whether nothing but these axes moves an index. */
    private static boolean only(Affine a, List<Axis> axes) {
      return a.isPure()
          && a.strides().keySet().stream().allMatch(x -> x.extent() == 1 || axes.contains(x));
    }

    long updates() {
      return walk.length();
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
      long names = buffers[walk.index.buffer];
      long values = buffers[walk.update.buffer];
      for (long i = 0; i < updates(); i++) {
        long name = names + 4 * walk.index.at(walk.extents, i);
        int row = KernelSupport.MEMORY.get(ValueLayout.JAVA_INT_UNALIGNED, name);
        if (row >= first && row < last) {
          long value = values + 4 * walk.update.at(walk.extents, i);
          add(result + 4L * row * width, value, width);
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
