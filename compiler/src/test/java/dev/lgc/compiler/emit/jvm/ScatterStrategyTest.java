package dev.lgc.compiler.emit.jvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Buffer;
import dev.lgc.compiler.kernel.Buffer.Access;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.dsl.type.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Scattered sums have the bits of the sum as written, however rows are divided. */
final class ScatterStrategyTest {
  private final ScatterStrategy strategy = new ScatterStrategy();

  private static Kernel scatter(int rows, int width, int updates, double otherwise) {
    Axis row = new Axis(0, rows);
    Axis column = new Axis(1, width);
    Axis i = new Axis(2, updates);
    Scalar index = new Scalar.Load(1, DType.I32, List.of(Scalar.of(i)));
    Scalar update =
        new Scalar.Load(
            2, DType.F32, List.of(Scalar.of(i).times(Scalar.i32(width)).plus(Scalar.of(column))));
    Scalar value =
        Scalar.apply(
            Function.SELECT,
            Scalar.apply(Function.EQ, index, Scalar.of(row)),
            update,
            Scalar.f32(otherwise));
    Stage.Target store =
        new Stage.Target.Store(0, Scalar.of(row).times(Scalar.i32(width)).plus(Scalar.of(column)));
    return new Kernel(
        "scatter",
        List.of(
            new Buffer(DType.F32, (long) rows * width, Access.WRITE),
            new Buffer(DType.I32, updates, Access.READ),
            new Buffer(DType.F32, (long) updates * width, Access.READ)),
        List.of(row, column),
        List.of(new Stage(store, List.of(), List.of(i), Reducer.SUM, value)));
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 1", "3, 5, 7", "40, 17, 100", "100, 64, 31", "16, 33, 500"})
  void everyDivisionOfTheRowsGivesTheSumAsWritten(int rows, int width, int updates) {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    Kernel kernel = scatter(rows, width, updates, 0);
    CompiledKernel compiled =
        strategy.compile(
            kernel, strategy.propose(kernel, Machine.host(2)).orElseThrow(), Machine.host(2));
    long units = compiled.launch().units().getFirst();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(4L * rows * width, 64);
      MemorySegment index = arena.allocate(4L * updates, 64);
      MemorySegment update = arena.allocate(4L * updates * width, 64);
      float[] expected = new float[rows * width];
      for (int i = 0; i < updates; i++) {
        // One index past the rows: updates outside are left out.
        int to = random.nextInt(rows + 1);
        index.setAtIndex(ValueLayout.JAVA_INT, i, to);
        for (int j = 0; j < width; j++) {
          float v = (float) random.nextGaussian();
          update.setAtIndex(ValueLayout.JAVA_FLOAT, (long) i * width + j, v);
          if (to < rows) {
            expected[to * width + j] += v;
          }
        }
      }
      out.fill((byte) 0x7F);
      long[] buffers = {out.address(), index.address(), update.address()};
      long middle = units / 2;
      compiled.code().run(0, buffers, 0, 0, middle, units);
      compiled.code().run(0, buffers, 0, 0, 0, middle);
      for (int k = 0; k < expected.length; k++) {
        assertEquals(expected[k], out.getAtIndex(ValueLayout.JAVA_FLOAT, k), "element " + k);
      }
    }
  }

  @Test
  void onlyScatteredSumsAreTaken() {
    assertTrue(strategy.propose(scatter(4, 4, 4, 1), Machine.host(1)).isEmpty());
  }
}
