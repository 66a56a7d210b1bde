package dev.lgc.compiler.emit.jvm;

import static dev.lgc.compiler.algorithm.Scalar.apply;
import static dev.lgc.compiler.algorithm.Scalar.f32;
import static dev.lgc.compiler.algorithm.Scalar.i32;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Buffer;
import dev.lgc.compiler.kernel.Buffer.Access;
import dev.lgc.compiler.kernel.Expressions;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.KernelVerifier;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.compiler.kernel.Stage.Target;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Loop structure: every schedule of kernels of every shape gives what the oracle gives, for any
 * number of threads.
 */
@Tag("backend")
final class LoopsTest {
  private final long seed = Long.getLong("lgc.seed", System.nanoTime());
  private final Random random = new Random(seed);

  LoopsTest() {
    System.out.println("seed " + seed);
  }

  private double[] floats(int n) {
    double[] x = new double[n];
    for (int i = 0; i < n; i++) {
      x[i] = (float) random.nextGaussian();
    }
    return x;
  }

  private static Buffer floatBuffer(long n, Access access) {
    return new Buffer(DType.F32, n, access);
  }

  private static Scalar load(int buffer, Scalar index) {
    return new Scalar.Load(buffer, DType.F32, List.of(index));
  }

  private static Scalar at(Axis a) {
    return Scalar.of(a);
  }

  private static Stage store(int buffer, Scalar index, List<Axis> axes, Scalar value) {
    return new Stage(new Target.Store(buffer, index), axes, List.of(), Reducer.NONE, value);
  }

  private static Stage local(int number, Scalar value) {
    return new Stage(
        new Target.Local(number, value.dtype()), List.of(), List.of(), Reducer.NONE, value);
  }

  private static Stage reduce(int number, Reducer r, List<Axis> axes, Scalar value) {
    DType t = r == Reducer.ARGMAX || r == Reducer.ARGMIN ? DType.I32 : value.dtype();
    return new Stage(new Target.Local(number, t), List.of(), axes, r, value);
  }

  private static Scalar local(int number) {
    return new Scalar.Local(number, DType.F32, List.of());
  }

  /** Root-mean-square norm: two stages per row. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 15, 16, 17, 31, 128, 1000})
  void rowNorm(int n) {
    Axis row = new Axis(0, 5);
    Axis i = new Axis(1, n);
    Axis j = new Axis(2, n);
    Scalar x = load(0, at(row).times(i32(n)).plus(at(i)));
    Scalar y = load(0, at(row).times(i32(n)).plus(at(j)));
    Scalar scale = f32(1).over(apply(Function.SQRT, local(0).over(f32(n)).plus(f32(1e-5))));
    Kernel k =
        new Kernel(
            "norm",
            List.of(
                floatBuffer(5L * n, Access.READ),
                floatBuffer(n, Access.READ),
                floatBuffer(5L * n, Access.WRITE)),
            List.of(row),
            List.of(
                reduce(0, Reducer.SUM, List.of(i), x.times(x)),
                store(
                    2,
                    at(row).times(i32(n)).plus(at(j)),
                    List.of(j),
                    y.times(scale).times(load(1, at(j))))));
    KernelRunner.check(k, List.of(floats(5 * n), floats(n), new double[5 * n]), 1e-5);
  }

  /** Softmax in place, its exponentials kept in scratch. */
  @ParameterizedTest
  @ValueSource(ints = {1, 15, 17, 33, 256})
  void softmaxInPlaceWithScratch(int n) {
    Axis row = new Axis(0, 4);
    Axis a = new Axis(1, n);
    Axis b = new Axis(2, n);
    Axis c = new Axis(3, n);
    Axis d = new Axis(4, n);
    Scalar base = at(row).times(i32(n));
    Stage exp =
        new Stage(
            new Target.Scratch(1, DType.F32, List.of(n)),
            List.of(b),
            List.of(),
            Reducer.NONE,
            apply(Function.EXP, load(0, base.plus(at(b))).minus(local(0))));
    Kernel k =
        new Kernel(
            "softmax",
            List.of(floatBuffer(4L * n, Access.READ_WRITE)),
            List.of(row),
            List.of(
                reduce(0, Reducer.MAX, List.of(a), load(0, base.plus(at(a)))),
                exp,
                reduce(2, Reducer.SUM, List.of(c), new Scalar.Local(1, DType.F32, List.of(at(c)))),
                store(
                    0,
                    base.plus(at(d)),
                    List.of(d),
                    new Scalar.Local(1, DType.F32, List.of(at(d))).over(local(2)))));
    KernelRunner.check(k, List.of(floats(4 * n)), 1e-5);
  }

  /** out[i, j, k] = reduction over two axes of a transposed, strided operand. */
  /** A softmax's weighted sum over the first positions of each row, as many as memory says. */
  @ParameterizedTest
  @ValueSource(ints = {1, 17, 64, 100})
  void loopsStopAtTheirBounds(int n) {
    int depth = 5;
    Axis row = new Axis(0, 3);
    Axis j = new Axis(1, n);
    Axis d = new Axis(2, depth);
    Scalar end = new Scalar.Load(1, DType.I32, List.of(i32(0))).plus(i32(1));
    Optional<Stage.Bound> bound = Optional.of(new Stage.Bound(j, end));
    Scalar x = load(0, at(row).times(i32(n)).plus(at(j)));
    Scalar scaled = new Scalar.Local(0, DType.F32, List.of(at(j)));
    Scalar power = new Scalar.Local(2, DType.F32, List.of(at(j)));
    Target.Scratch first = new Target.Scratch(0, DType.F32, List.of(n));
    Target.Scratch third = new Target.Scratch(2, DType.F32, List.of(n));
    Stage mix =
        new Stage(
            new Target.Store(2, at(row).times(i32(depth)).plus(at(d))),
            List.of(d),
            List.of(j),
            Reducer.SUM,
            power.times(load(3, at(j).times(i32(depth)).plus(at(d)))).over(local(3)));
    Kernel k =
        new Kernel(
            "bounded",
            List.of(
                floatBuffer(3L * n, Access.READ),
                new Buffer(DType.I32, 1, Access.READ),
                floatBuffer(3L * depth, Access.WRITE),
                floatBuffer((long) n * depth, Access.READ)),
            List.of(row),
            List.of(
                new Stage(first, List.of(j), List.of(), Reducer.NONE, x.times(f32(2))).to(bound),
                reduce(1, Reducer.MAX, List.of(j), scaled).to(bound),
                new Stage(
                        third,
                        List.of(j),
                        List.of(),
                        Reducer.NONE,
                        apply(Function.EXP, scaled.minus(local(1))))
                    .to(bound),
                reduce(3, Reducer.SUM, List.of(j), power).to(bound),
                mix.to(bound)));
    assertEquals(List.of(), KernelVerifier.problems(k));
    for (int last : new int[] {-1, 0, n / 2, n - 1}) {
      double[] given = floats(3 * n);
      double[] mixed = floats(n * depth);
      if (last >= 0 && last < n - 1) {
        for (int i = 0; i < 3; i++) {
          Arrays.fill(given, i * n + last + 1, (i + 1) * n, Double.NaN);
        }
        Arrays.fill(mixed, (last + 1) * depth, n * depth, Double.NaN);
      }
      KernelRunner.check(
          k, List.of(given, new double[] {last}, new double[3 * depth], mixed), 1e-5);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
  void randomReductions(int round) {
    int[] sizes = {1, 2, 3, 5, 15, 16, 17, 31, 33};
    int rank = 2 + random.nextInt(3);
    List<Axis> axes = new ArrayList<>();
    for (int a = 0; a < rank; a++) {
      axes.add(new Axis(a, sizes[random.nextInt(sizes.length)]));
    }
    List<Axis> order = new ArrayList<>(axes);
    java.util.Collections.shuffle(order, random);
    int n = Math.toIntExact(Axis.positions(axes));
    Scalar index = linear(order);
    int reduced = random.nextInt(rank + 1);
    List<Axis> space = axes.subList(0, rank - reduced);
    List<Axis> reduction = axes.subList(rank - reduced, rank);
    int out = Math.toIntExact(Axis.positions(space));
    Reducer[] reducers = {Reducer.SUM, Reducer.MAX, Reducer.MIN, Reducer.ARGMAX, Reducer.ARGMIN};
    Reducer r = reduction.isEmpty() ? Reducer.NONE : reducers[random.nextInt(reducers.length)];
    DType t = r == Reducer.ARGMAX || r == Reducer.ARGMIN ? DType.I32 : DType.F32;
    Scalar value = load(0, index).times(load(1, index));
    List<Axis> shuffled = new ArrayList<>(space);
    java.util.Collections.shuffle(shuffled, random);
    Kernel k =
        new Kernel(
            "reduce",
            List.of(
                floatBuffer(n, Access.READ),
                floatBuffer(n, Access.READ),
                new Buffer(t, out, Access.WRITE)),
            space,
            List.of(
                new Stage(new Target.Store(2, linear(shuffled)), List.of(), reduction, r, value)));
    KernelRunner.check(k, List.of(floats(n), floats(n), new double[out]), 2e-5);
  }

  private static Scalar linear(List<Axis> axes) {
    return Expressions.linear(
        axes.stream().map(Scalar::of).toList(), axes.stream().map(Axis::extent).toList());
  }

  /** A one-dimensional convolution with padding: guarded loads. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 16, 31, 100})
  void guardedLoads(int n) {
    Axis row = new Axis(0, 3);
    Axis i = new Axis(1, n);
    Axis w = new Axis(2, 3);
    Scalar p = at(i).plus(at(w)).minus(i32(1));
    Scalar inside =
        apply(Function.AND, apply(Function.LE, i32(0), p), apply(Function.LT, p, i32(n)));
    for (double otherwise : new double[] {0, -3}) {
      Scalar x =
          new Scalar.Load(
              0, DType.F32, List.of(at(row).times(i32(n)).plus(p)), Optional.of(inside), otherwise);
      Kernel k =
          new Kernel(
              "pad",
              List.of(
                  floatBuffer(3L * n, Access.READ),
                  floatBuffer(3, Access.READ),
                  floatBuffer(3L * n, Access.WRITE)),
              List.of(row, i),
              List.of(
                  new Stage(
                      new Target.Store(2, at(row).times(i32(n)).plus(at(i))),
                      List.of(),
                      List.of(w),
                      Reducer.SUM,
                      x.times(load(1, at(w))))));
      KernelRunner.check(k, List.of(floats(3 * n), floats(3), new double[3 * n]), 1e-5);
    }
  }

  /** Rows of a table by index; a quotient and a remainder in the index; booleans stored. */
  @Test
  void gathersQuotientsAndBooleans() {
    Axis i = new Axis(0, 37);
    Axis j = new Axis(1, 24);
    Scalar label = new Scalar.Load(1, DType.I32, List.of(at(i)));
    Scalar element = load(0, label.times(i32(24)).plus(at(j)));
    Scalar flat = at(i).times(i32(24)).plus(at(j));
    Scalar mixed =
        load(
            0,
            apply(Function.MOD, flat, i32(24))
                .plus(apply(Function.DIV, at(j), i32(5)).times(i32(24))));
    Kernel k =
        new Kernel(
            "gather",
            List.of(
                floatBuffer(240, Access.READ),
                new Buffer(DType.I32, 37, Access.READ),
                floatBuffer(37 * 24, Access.WRITE),
                new Buffer(DType.BOOL, 37 * 24, Access.WRITE)),
            List.of(i, j),
            List.of(
                local(0, element),
                store(2, flat, List.of(), local(0).plus(mixed)),
                store(3, flat, List.of(), apply(Function.LT, local(0), f32(0)))));
    double[] labels = random.ints(37, 0, 10).asDoubleStream().toArray();
    KernelRunner.check(
        k, List.of(floats(240), labels, new double[37 * 24], new double[37 * 24]), 1e-6);
  }

  /** An index of more summands that vary between lanes than the emitter has vectors for. */
  @ParameterizedTest
  @ValueSource(ints = {1, 5, 6, 7, 9, 20})
  void gathersByAnyNumberOfVaryingSummands(int summands) {
    Axis i = new Axis(0, 61);
    List<Buffer> buffers = new ArrayList<>();
    List<double[]> memory = new ArrayList<>();
    Scalar index = i32(0);
    for (int n = 0; n < summands; n++) {
      buffers.add(new Buffer(DType.I32, 61, Access.READ));
      memory.add(random.ints(61, 0, 4).asDoubleStream().toArray());
      Scalar term = new Scalar.Load(n, DType.I32, List.of(at(i)));
      index = index.plus(term.times(i32(n + 1)));
    }
    int most = 3 * summands * (summands + 1) / 2 + 1;
    buffers.add(floatBuffer(most, Access.READ));
    memory.add(floats(most));
    buffers.add(floatBuffer(61, Access.WRITE));
    memory.add(new double[61]);
    Stage sum = store(summands + 1, at(i), List.of(), load(summands, index));
    KernelRunner.check(new Kernel("gather", buffers, List.of(i), List.of(sum)), memory, 0);
  }

  /** The label varies between lanes. */
  @Test
  void picksAnElementOfEachRow() {
    Axis i = new Axis(0, 35);
    Scalar label = new Scalar.Load(1, DType.I32, List.of(at(i)));
    Kernel k =
        new Kernel(
            "pick",
            List.of(
                floatBuffer(35 * 7, Access.READ),
                new Buffer(DType.I32, 35, Access.READ),
                floatBuffer(35, Access.WRITE)),
            List.of(i),
            List.of(store(2, at(i), List.of(), load(0, at(i).times(i32(7)).plus(label)))));
    double[] labels = random.ints(35, 0, 7).asDoubleStream().toArray();
    KernelRunner.check(k, List.of(floats(35 * 7), labels, new double[35]), 0);
    labels[33] = 1000;
    for (JvmSchedule.Loops s : KernelRunner.schedules(k, 16)) {
      IndexFault fault =
          assertThrows(
              IndexFault.class,
              () ->
                  KernelRunner.run(
                      k, s, List.of(floats(35 * 7), labels.clone(), new double[35]), 1));
      assertEquals(0, fault.buffer());
      assertEquals(33 * 7 + 1000, fault.index());
      assertEquals(35 * 7, fault.elements());
    }
  }

  /** A later stage sees what an earlier one wrote in place. */
  @Test
  void rereadsWhatItWroteInPlace() {
    Axis i = new Axis(0, 50);
    Scalar x = load(0, at(i));
    Kernel k =
        new Kernel(
            "reread",
            List.of(floatBuffer(50, Access.READ_WRITE), floatBuffer(50, Access.WRITE)),
            List.of(i),
            List.of(
                store(0, at(i), List.of(), x.plus(f32(1))),
                store(1, at(i), List.of(), x.times(x))));
    KernelRunner.check(k, List.of(floats(50), new double[50]), 1e-6);
  }

  /**
   * The gradient of a table: sums over the positions with a label, some labels outside of the
   * table.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 5, 16, 40})
  void sumsByLabel(int n) {
    Axis row = new Axis(0, 13);
    Axis j = new Axis(1, n);
    Axis p = new Axis(2, 4);
    Axis q = new Axis(3, 9);
    Scalar label = new Scalar.Load(0, DType.I32, List.of(at(p).times(i32(9)).plus(at(q))));
    Scalar x = load(1, at(p).times(i32(9 * n)).plus(at(q).times(i32(n))).plus(at(j)));
    Kernel k =
        new Kernel(
            "scatter",
            List.of(
                new Buffer(DType.I32, 36, Access.READ),
                floatBuffer(36L * n, Access.READ),
                floatBuffer(13L * n, Access.WRITE)),
            List.of(row, j),
            List.of(
                new Stage(
                    new Target.Store(2, at(row).times(i32(n)).plus(at(j))),
                    List.of(),
                    List.of(p, q),
                    Reducer.SUM,
                    apply(
                        Function.SELECT, apply(Function.EQ, at(row), label), x.times(x), f32(0)))));
    double[] labels = random.ints(36, -1, 15).asDoubleStream().toArray();
    KernelRunner.check(k, List.of(labels, floats(36 * n), new double[13 * n]), 1e-5);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 15, 64, 77})
  void randomNumbers(int n) {
    Axis i = new Axis(0, 3);
    Axis j = new Axis(1, n);
    List<Scalar> key = new ArrayList<>();
    for (int w = 0; w < 4; w++) {
      key.add(new Scalar.Load(0, DType.I32, List.of(i32(w))));
    }
    Scalar flat = at(i).times(i32(n)).plus(at(j));
    Kernel k =
        new Kernel(
            "uniform",
            List.of(new Buffer(DType.I32, 4, Access.READ), floatBuffer(3L * n, Access.WRITE)),
            List.of(i, j),
            List.of(store(1, flat, List.of(), new Scalar.Uniform(key, Scalar.i32(17), flat))));
    double[] words = random.ints(4).asDoubleStream().toArray();
    KernelRunner.check(k, List.of(words, new double[3 * n]), 0);
  }
}
