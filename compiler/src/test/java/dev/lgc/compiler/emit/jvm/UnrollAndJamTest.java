package dev.lgc.compiler.emit.jvm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Buffer;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.dsl.type.DType;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Results of a reduction that are computed side by side. */
@Tag("backend")
final class UnrollAndJamTest {
  private static final int WIDTH = 16;
  private static final Axis POINT = new Axis(0, 3);

  private final long seed = Long.getLong("lgc.seed", System.nanoTime());
  private final Random random = new Random(seed);

  UnrollAndJamTest() {
    System.out.println("seed " + seed);
  }

  private double[] floats(int n) {
    return random.doubles(n, -1, 1).map(x -> (float) x).toArray();
  }

  private static Scalar load(int buffer, Scalar index) {
    return new Scalar.Load(buffer, DType.F32, List.of(index));
  }

  private static Scalar row(Axis axis, int of) {
    return Scalar.of(axis).times(Scalar.i32(of));
  }

  /** For three points: of a matrix and a vector, the products of rows or of columns, joined. */
  private static Kernel products(Reducer reducer, boolean rows, int results, int depth) {
    Axis result = new Axis(1, results);
    Axis step = new Axis(2, depth);
    Scalar matrix =
        rows
            ? row(POINT, results * depth).plus(row(result, depth)).plus(Scalar.of(step))
            : row(POINT, results * depth).plus(row(step, results)).plus(Scalar.of(result));
    Scalar vector = row(POINT, depth).plus(Scalar.of(step));
    Stage products =
        new Stage(
            new Stage.Target.Store(2, row(POINT, results).plus(Scalar.of(result))),
            List.of(result),
            List.of(step),
            reducer,
            load(0, matrix).times(load(1, vector)));
    return new Kernel(
        "products",
        List.of(
            new Buffer(DType.F32, 3L * results * depth, Buffer.Access.READ),
            new Buffer(DType.F32, 3L * depth, Buffer.Access.READ),
            new Buffer(DType.F32, 3L * results, Buffer.Access.WRITE)),
        List.of(POINT),
        List.of(products));
  }

  private static Axis axis(Kernel k, boolean rows) {
    Stage s = k.stages().getFirst();
    return rows ? s.reduction().getFirst() : s.axes().getFirst();
  }

  private static JvmSchedule.Loops lanes(Axis axis) {
    return new JvmSchedule.Loops(new JvmSchedule.Lanes.Inner(List.of(Optional.of(axis))), WIDTH, 1);
  }

  private List<double[]> buffers(Kernel k) {
    return k.buffers().stream().map(b -> floats(Math.toIntExact(b.elements()))).toList();
  }

  /** Whole rounds, some left over, too few; vectors that are whole, and that are not. */
  @ParameterizedTest
  @CsvSource({
    "true, 4, 64", "true, 7, 64", "true, 9, 100", "true, 3, 17", "true, 33, 15",
    "false, 64, 5", "false, 100, 7", "false, 32, 1", "false, 49, 3", "false, 15, 64"
  })
  void whatIsComputedIsRight(boolean rows, int results, int depth) {
    for (Reducer r : List.of(Reducer.SUM, Reducer.MAX, Reducer.MIN)) {
      Kernel k = products(r, rows, results, depth);
      KernelRunner.check(k, buffers(k), 1e-5);
    }
  }

  /** Rows five to eight are in a round of four where there are nine, and left over where fewer. */
  @ParameterizedTest
  @EnumSource(names = {"SUM", "MAX"})
  void anElementHasTheSameBitsAloneAndBesideOthers(Reducer reducer) {
    int depth = 100;
    double[] matrix = floats(9 * depth);
    double[] vector = floats(depth);
    double[] all = first(reducer, matrix, vector, 9, depth);
    for (int results = 4; results < 9; results++) {
      double[] some = first(reducer, matrix, vector, results, depth);
      assertArrayEquals(Arrays.copyOf(all, results), some, "of " + results);
    }
  }

  /** The results of the first of the three points. */
  private static double[] first(
      Reducer reducer, double[] matrix, double[] vector, int results, int depth) {
    Kernel k = products(reducer, true, results, depth);
    double[] m = Arrays.copyOf(Arrays.copyOf(matrix, results * depth), 3 * results * depth);
    double[] out = new double[3 * results];
    KernelRunner.run(k, lanes(axis(k, true)), List.of(m, Arrays.copyOf(vector, 3 * depth), out), 1);
    return Arrays.copyOf(out, results);
  }

  @Test
  void rowsOfValuesAreReadAsTheyLie() {
    Kernel k = products(Reducer.SUM, false, 64, 128);
    Axis columns = axis(k, false);
    assertEquals(
        Optional.of(new UnrollAndJam(columns, 4, WIDTH)),
        UnrollAndJam.of(k.stages().getFirst(), columns, WIDTH));
  }

  @Test
  void elementsWhoseVectorsRunAlongTheReductionAreFourNeighbours() {
    Kernel k = products(Reducer.SUM, true, 128, 64);
    Stage s = k.stages().getFirst();
    assertEquals(
        Optional.of(new UnrollAndJam(s.axes().getFirst(), 4, 1)),
        UnrollAndJam.of(s, axis(k, true), WIDTH));
  }
}
