package dev.lgc.compiler.emit.jvm;

import static dev.lgc.compiler.algorithm.Scalar.apply;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Rounding;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Buffer;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every function, in lanes and alone, over ordinary and awkward numbers. */
@Tag("backend")
final class FunctionTest {
  private static final int N = 117;
  private static final double[] AWKWARD = {
    0,
    -0.0,
    1,
    -1,
    0.5,
    -0.5,
    1e-38,
    -1e-38,
    1e-45,
    3e38,
    -3e38,
    88.7,
    88.8,
    -87.3,
    -103.9,
    -104.1,
    Double.POSITIVE_INFINITY,
    Double.NEGATIVE_INFINITY,
    Double.NaN,
    8388607.5,
    8388609,
    1e9,
    -1e9,
    0.625,
    0.6249,
    9,
    -9,
    2.5,
    -2.5
  };

  /**
   * @param constant whether ints are divided by a literal
   */
  record Case(Function function, DType in, boolean constant) {
    Case(Function function, DType in) {
      this(function, in, true);
    }
  }

  static Stream<Case> cases() {
    List<Case> all = new ArrayList<>();
    for (Function f : Function.values()) {
      switch (f) {
        case AND, OR, NOT -> all.add(new Case(f, DType.BOOL));
        case MOD -> Stream.of(true, false).forEach(known -> all.add(new Case(f, DType.I32, known)));
        case SQRT, EXP, LOG, SIN, COS, TANH, FLOOR, POW ->
            Stream.of(DType.F32, DType.F64, DType.BF16).forEach(t -> all.add(new Case(f, t)));
        case ADD, SUB, MUL, DIV, MIN, MAX, NEG, ABS ->
            Stream.of(DType.F32, DType.I32, DType.F64, DType.BF16, DType.F16)
                .forEach(t -> all.add(new Case(f, t)));
        case LT, LE, EQ, NE, SELECT, TO_F32, TO_F64, TO_I32, TO_I8, TO_BOOL, TO_BF16, TO_F16 ->
            Stream.of(DType.F32, DType.I32, DType.BOOL, DType.F64, DType.BF16, DType.I8)
                .forEach(t -> all.add(new Case(f, t)));
        case CHECK_INDEX -> {} // faults, which the contract of back ends tests
      }
    }
    all.add(new Case(Function.DIV, DType.I32, false));
    return all.stream();
  }

  private static double positive(double v) {
    return Math.max(1, Math.abs((int) v));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void agreesWithTheOracle(Case c) {
    long seed = c.hashCode();
    Random random = new Random(seed);
    Function f = c.function();
    boolean divides = (f == Function.DIV || f == Function.MOD) && c.in() == DType.I32;
    List<Buffer> buffers = new ArrayList<>();
    List<double[]> data = new ArrayList<>();
    List<Scalar> operands = new ArrayList<>();
    Axis i = new Axis(0, N);
    for (int k = 0; k < f.arity(); k++) {
      DType t = f == Function.SELECT && k == 0 ? DType.BOOL : c.in();
      if (divides && k == 1 && c.constant()) {
        operands.add(Scalar.i32(new int[] {1, 7, 64, 768, 100003}[random.nextInt(5)]));
        continue;
      }
      operands.add(new Scalar.Load(k, t, List.of(Scalar.of(i))));
      buffers.add(new Buffer(t, N, Buffer.Access.READ));
      double[] v = numbers(random, t, N);
      data.add(divides && k == 1 ? Arrays.stream(v).map(FunctionTest::positive).toArray() : v);
    }
    Scalar value = apply(f, operands.toArray(Scalar[]::new));
    int out = buffers.size();
    buffers.add(new Buffer(value.dtype(), N, Buffer.Access.WRITE));
    data.add(new double[N]);
    Kernel kernel =
        new Kernel(
            f + "_" + c.in(),
            buffers,
            Algorithm.axes(List.of(N)),
            List.of(
                new Stage(
                    new Stage.Target.Store(out, Scalar.of(i)),
                    List.of(),
                    List.of(),
                    Reducer.NONE,
                    value)));
    double tolerance =
        switch (value.dtype()) {
          case F32 -> relative(f) ? 3e-7 : 1e-7;
          case F64 -> 1e-15;
          case BF16 -> 8e-3;
          case F16 -> 1e-3;
          case I32, I8, BOOL -> 0;
        };
    KernelRunner.check(kernel, data, tolerance);
  }

  /** A value that two kernels compute may be compared, as the gradient of a maximum does. */
  @ParameterizedTest
  @EnumSource(names = {"EXP", "LOG", "TANH", "SIN", "COS"})
  void anElementHasTheSameBitsInLanesAndAlone(Function f) {
    long seed = Long.getLong("lgc.seed", System.nanoTime());
    double[] x = new Random(seed).ints(50_000).mapToDouble(FunctionTest::unevenly).toArray();
    double[] alone = alone(f, x);
    for (int width : new int[] {4, 8, 16}) {
      assertArrayEquals(alone, lanes(f, x, width), width + " lanes, seed " + seed);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"TANH", "SIN", "SQRT", "FLOOR", "NEG"})
  void zerosHaveTheSignThatJavaGivesThem(Function f) {
    double[] x = {0.0, -0.0, 0.0, -0.0, 1, -0.0, 0.0, 0.0};
    double[] want =
        Arrays.stream(x)
            .map(
                v ->
                    (float)
                        switch (f) {
                          case TANH -> Math.tanh(v);
                          case SIN -> Math.sin(v);
                          case SQRT -> Math.sqrt(v);
                          case FLOOR -> Math.floor(v);
                          default -> -v;
                        })
            .toArray();
    assertArrayEquals(want, alone(f, x), 1e-6);
    for (double[] got : List.of(alone(f, x), lanes(f, x, 8))) {
      for (int i = 0; i < x.length; i++) {
        assertEquals(Math.copySign(1, want[i]), Math.copySign(1, got[i]), f + " of " + x[i]);
      }
    }
  }

  private static Kernel of(Function f, int n) {
    Axis i = new Axis(0, n);
    return new Kernel(
        f.name(),
        List.of(
            new Buffer(DType.F32, n, Buffer.Access.READ),
            new Buffer(DType.F32, n, Buffer.Access.WRITE)),
        Algorithm.axes(List.of(n)),
        List.of(
            new Stage(
                new Stage.Target.Store(1, Scalar.of(i)),
                List.of(),
                List.of(),
                Reducer.NONE,
                apply(f, new Scalar.Load(0, DType.F32, List.of(Scalar.of(i)))))));
  }

  private static double[] alone(Function f, double[] x) {
    Kernel kernel = of(f, x.length);
    return run(kernel, LoopScheduler.scalar(kernel), x);
  }

  private static double[] lanes(Function f, double[] x, int width) {
    Kernel kernel = of(f, x.length);
    var space = new JvmSchedule.Lanes.Space(kernel.space().getFirst());
    return run(kernel, new JvmSchedule.Loops(space, width, width), x);
  }

  private static double[] run(Kernel kernel, JvmSchedule.Loops schedule, double[] x) {
    double[] y = new double[x.length];
    KernelRunner.run(kernel, schedule, List.of(x, y), 1);
    return y;
  }

  /** Any float, or one of those that are common, by some bits. */
  private static double unevenly(int bits) {
    return (bits & 1) == 0 ? Float.intBitsToFloat(bits) : bits * 0x1p-26;
  }

  private static boolean relative(Function f) {
    return f == Function.EXP || f == Function.LOG || f == Function.TANH;
  }

  static double[] numbers(Random random, DType t, int n) {
    double[] x = new double[n];
    for (int i = 0; i < n; i++) {
      double v =
          i < AWKWARD.length ? AWKWARD[i] : random.nextGaussian() * Math.exp(random.nextInt(-3, 5));
      x[i] =
          switch (t) {
            case BOOL -> random.nextInt(2);
            case I32 -> i % 3 == 0 ? random.nextInt() : random.nextInt(-1000, 1000);
            case I8 -> random.nextInt(-128, 128);
            case F32, F64, BF16, F16 -> Rounding.to(t, (float) v);
          };
    }
    return x;
  }
}
