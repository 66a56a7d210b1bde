package dev.lgc.compiler.emit.jvm;

import static dev.lgc.compiler.algorithm.Scalar.apply;
import static dev.lgc.compiler.algorithm.Scalar.i32;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Indexes and conditions that repeat within a vector. */
@Tag("backend")
final class LanePatternsTest {
  private static final int[] EXTENTS = {1, 5, 8, 16, 24, 31, 32, 40, 48, 64};

  private Random random;

  @BeforeEach
  void seed() {
    long seed = Long.getLong("lgc.seed", System.nanoTime());
    System.out.println("seed " + seed);
    random = new Random(seed);
  }

  /** What is said of an expression holds at every vector of an axis. */
  @RepeatedTest(200)
  void patternsSayWhatLanesHave() {
    int width = 4 << random.nextInt(3);
    Axis axis = new Axis(0, EXTENTS[random.nextInt(EXTENTS.length)]);
    Axis other = new Axis(1, 3);
    Expressions terms = new Expressions();
    LanePatterns patterns = new LanePatterns(terms, axis, width, _ -> false);
    Scalar s = terms.unique(index(axis, 3).plus(Scalar.of(other).times(i32(random.nextInt(9)))));
    Optional<LanePattern> p = patterns.of(s);
    if (p.isEmpty()) {
      return;
    }
    Scalar first = patterns.first(s);
    for (int from = 0; from < axis.extent(); from += width) {
      for (int o = 0; o < other.extent(); o++) {
        long base = value(first, Map.of(patterns.first(), from, other, o));
        if (p.get().isConstant()) {
          assertEquals(p.get().residue(), base);
        }
        for (int l = 0; l < width && from + l < axis.extent(); l++) {
          long is = value(s, Map.of(axis, from + l, other, o));
          assertEquals(is, base + p.get().offset(l), s + " at " + from + " + " + l);
        }
      }
    }
  }

  /** Windows have what lanes want, and nothing that might not be there. */
  @RepeatedTest(200)
  void windowsStayInMemory() {
    int width = 4 << random.nextInt(3);
    Axis axis = new Axis(0, width * (1 + random.nextInt(4)));
    Expressions terms = new Expressions();
    LanePatterns patterns = new LanePatterns(terms, axis, width, _ -> false);
    Scalar s = terms.unique(atLeastZero(index(axis, 3), List.of(axis)));
    Optional<LanePattern> at = patterns.of(s);
    if (at.isEmpty()) {
      return;
    }
    long elements = elements(s, List.of(axis));
    long active = random.nextBoolean() ? -1 : 1 + random.nextInt(1 << width - 1);
    Optional<GatherWindows> windows = GatherWindows.of(at.get(), active, elements);
    if (windows.isEmpty()) {
      return;
    }
    GatherWindows w = windows.get();
    for (int from = 0; from < axis.extent(); from += width) {
      long base = value(s, Map.of(axis, from));
      boolean[] read = new boolean[Math.toIntExact(elements)];
      for (long start : w.starts()) {
        for (int l = 0; l < width; l++) {
          if ((w.bits() >> l & 1) != 0) {
            read[Math.toIntExact(base + start + l)] = true;
          }
        }
      }
      for (int l = 0; l < width; l++) {
        if ((active >> l & 1) != 0) {
          long got = base + w.starts().get(w.window().get(l)) + w.place().get(l);
          assertEquals(value(s, Map.of(axis, from + l)), got);
          assertTrue(read[Math.toIntExact(got)]);
        }
      }
    }
  }

  @RepeatedTest(60)
  void kernelsWithThemComputeWhatTheyMean() {
    Axis row = new Axis(0, 1 + random.nextInt(3));
    Axis c = new Axis(1, EXTENTS[random.nextInt(EXTENTS.length)]);
    // The axis alone, or cut in two.
    int inner = List.of(1, 2, 4, 8).get(random.nextInt(4));
    boolean cut = inner > 1 && c.extent() % inner == 0;
    Axis a = new Axis(2, Math.max(1, c.extent() / inner));
    Axis b = new Axis(3, inner);
    List<Axis> space = new ArrayList<>(List.of(row));
    space.addAll(cut ? List.of(a, b) : List.of(c));
    Scalar at = cut ? Scalar.of(a).times(i32(inner)).plus(Scalar.of(b)) : Scalar.of(c);
    List<Buffer> buffers = new ArrayList<>();
    List<double[]> contents = new ArrayList<>();
    Scalar value = Scalar.f32(0);
    for (int i = 0; i < 3; i++) {
      DType type = List.of(DType.F32, DType.F32, DType.BF16, DType.I8).get(random.nextInt(4));
      Scalar index = cut ? index(a, b) : index(c, 3);
      index = index.plus(Scalar.of(row).times(i32(random.nextInt(40))));
      index = atLeastZero(index, space);
      long elements = elements(index, space);
      if (random.nextBoolean()) {
        elements = (elements + 63) / 64 * 64;
      }
      Scalar load = load(i, type, index, condition(cut ? b : c));
      Scalar x = type == DType.F32 ? load : apply(Function.TO_F32, load);
      if (random.nextInt(3) == 0) {
        x = apply(Function.SELECT, condition(cut ? b : c), x, apply(Function.NEG, x));
      }
      value = random.nextBoolean() ? value.plus(x) : value.minus(x.times(Scalar.f32(2)));
      buffers.add(new Buffer(type, elements, Access.READ));
      contents.add(random.ints(elements, -60, 60).asDoubleStream().toArray());
    }
    boolean sums = random.nextInt(4) == 0;
    int written = sums ? row.extent() : row.extent() * c.extent();
    buffers.add(new Buffer(DType.F32, written, Access.WRITE));
    contents.add(new double[written]);
    Stage.Target target =
        new Stage.Target.Store(
            3, sums ? Scalar.of(row) : Scalar.of(row).times(i32(c.extent())).plus(at));
    List<Axis> loops = space.subList(1, space.size());
    boolean inside = random.nextBoolean();
    Kernel k =
        new Kernel(
            "pattern",
            buffers,
            sums || inside ? List.of(row) : space,
            List.of(
                sums
                    ? new Stage(target, List.of(), loops, Reducer.SUM, value)
                    : new Stage(
                        target, inside ? loops : List.of(), List.of(), Reducer.NONE, value)));
    assertEquals(List.of(), KernelVerifier.problems(k));
    // Whole numbers: the order of a sum makes no difference.
    KernelRunner.check(k, contents, 0);
  }

  /** The rotation of neighbouring pairs is two loads of a vector of pairs, and nothing scalar. */
  @Test
  void rotatedPairsAreLanes() {
    Axis a = new Axis(0, 32);
    Axis b = new Axis(1, 2);
    Scalar at = Scalar.of(a).times(i32(2)).plus(Scalar.of(b));
    Scalar partner = Scalar.of(a).times(i32(2)).minus(Scalar.of(b)).plus(i32(1));
    Scalar cosine = load(1, DType.F32, Scalar.of(a).times(i32(2)), Optional.empty());
    Scalar sine = load(1, DType.F32, Scalar.of(a).times(i32(2)).plus(i32(1)), Optional.empty());
    Scalar first = apply(Function.EQ, Scalar.of(b), i32(0));
    Scalar signed = apply(Function.SELECT, first, apply(Function.NEG, sine), sine);
    Kernel k =
        new Kernel(
            "rotate",
            List.of(
                new Buffer(DType.F32, 64, Access.READ),
                new Buffer(DType.F32, 64, Access.READ),
                new Buffer(DType.F32, 64, Access.WRITE)),
            List.of(a, b),
            List.of(
                new Stage(
                    new Stage.Target.Store(2, at),
                    List.of(),
                    List.of(),
                    Reducer.NONE,
                    load(0, DType.F32, at, Optional.empty())
                        .times(cosine)
                        .plus(load(0, DType.F32, partner, Optional.empty()).times(signed)))));
    for (int width : new int[] {8, 16}) {
      Kernel looped = LoopScheduler.looped(k, new Machine(width, true, 1));
      assertEquals(1, looped.space().size());
      JvmSchedule.Loops loops = LoopScheduler.choose(looped, new Machine(width, true, 1));
      assertEquals(new JvmSchedule.Lanes.Space(looped.space().getFirst()), loops.lanes());
      KernelImage image = JvmEmitter.emit(looped, loops);
      assertEquals(2, KernelRunner.calls(image, "fromMemorySegment"));
      assertEquals(3, KernelRunner.calls(image, "rearrange"));
      assertEquals(0, KernelRunner.calls(image, "get"));
    }
    double[] x = random.doubles(64).map(v -> (float) v).toArray();
    double[] angles = random.doubles(64).map(v -> (float) v).toArray();
    KernelRunner.check(k, List.of(x, angles, new double[64]), 1e-6);
  }

  private static Scalar load(int buffer, DType type, Scalar index, Optional<Scalar> guard) {
    return new Scalar.Load(buffer, type, List.of(index), guard, guard.isPresent() ? 7 : 0);
  }

  private Scalar load(int buffer, DType type, Scalar index, Scalar condition) {
    return load(
        buffer, type, index, random.nextInt(3) == 0 ? Optional.of(condition) : Optional.empty());
  }

  private Scalar condition(Axis axis) {
    Function f = List.of(Function.LT, Function.LE, Function.EQ, Function.NE).get(random.nextInt(4));
    Scalar c = apply(f, index(axis, 2), i32(random.nextInt(1 + axis.extent())));
    return switch (random.nextInt(4)) {
      case 0 -> apply(Function.NOT, c);
      case 1 -> apply(Function.AND, c, apply(Function.NE, Scalar.of(axis), i32(1)));
      default -> c;
    };
  }

  /** Some whole number of the positions on two loops. */
  private Scalar index(Axis a, Axis b) {
    return switch (random.nextInt(3)) {
      case 0 -> Scalar.of(a).times(i32(b.extent())).plus(index(b, 2));
      case 1 -> index(a, 1).times(i32(b.extent())).minus(Scalar.of(b));
      default -> index(a, 2).plus(index(b, 1));
    };
  }

  /** Some whole number of a position. */
  private Scalar index(Axis axis, int depth) {
    Scalar c = Scalar.of(axis);
    if (depth == 0) {
      return c;
    }
    Scalar p = i32(1L << random.nextInt(6));
    return switch (random.nextInt(9)) {
      case 0 -> index(axis, depth - 1).plus(index(axis, depth - 1));
      case 1 -> index(axis, depth - 1).minus(apply(Function.MOD, c, p));
      case 2 -> c.over(p).times(p);
      case 3 -> c.plus(i32(1)).minus(apply(Function.MOD, c, i32(2)).times(i32(2)));
      case 4 -> index(axis, depth - 1).times(i32(1 + random.nextInt(3)));
      case 5 -> apply(Function.MOD, index(axis, depth - 1), p);
      case 6 -> index(axis, depth - 1).over(p);
      case 7 -> index(axis, depth - 1).over(i32(3));
      default -> index(axis, depth - 1).plus(i32(random.nextInt(20) - 5));
    };
  }

  private static Scalar atLeastZero(Scalar index, List<Axis> axes) {
    return index.minus(i32(all(index, axes).stream().mapToLong(x -> x).min().orElseThrow()));
  }

  private static long elements(Scalar index, List<Axis> axes) {
    return 1 + all(index, axes).stream().mapToLong(x -> x).max().orElseThrow();
  }

  private static List<Long> all(Scalar s, List<Axis> axes) {
    List<Map<Axis, Integer>> points = List.of(Map.of());
    for (Axis axis : axes) {
      List<Map<Axis, Integer>> more = new ArrayList<>();
      for (Map<Axis, Integer> point : points) {
        for (int i = 0; i < axis.extent(); i++) {
          Map<Axis, Integer> m = new HashMap<>(point);
          m.put(axis, i);
          more.add(m);
        }
      }
      points = more;
    }
    return points.stream().map(p -> value(s, p)).toList();
  }

  private static long value(Scalar s, Map<Axis, Integer> point) {
    if (s instanceof Scalar.Literal(DType _, double x)) {
      return (long) x;
    }
    if (s instanceof Scalar.AxisIndex(Axis axis)) {
      return point.get(axis);
    }
    Scalar.Apply a = (Scalar.Apply) s;
    long x = value(a.operands().get(0), point);
    long y = value(a.operands().get(1), point);
    return switch (a.function()) {
      case ADD -> x + y;
      case SUB -> x - y;
      case MUL -> x * y;
      case DIV -> Math.floorDiv(x, y);
      case MOD -> Math.floorMod(x, y);
      default -> throw new IllegalArgumentException(s.toString());
    };
  }
}
