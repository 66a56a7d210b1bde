package dev.lgc.compiler.fuse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The normal form of an index has the values of the index, and its divisions cancel. */
@Tag("pure")
final class QuasiAffineTest {
  private static final List<Axis> AXES =
      List.of(new Axis(0, 12), new Axis(1, 64), new Axis(2, 2), new Axis(3, 5));

  private static final Scalar I = Scalar.of(AXES.get(0));
  private static final Scalar J = Scalar.of(AXES.get(1));

  @Test
  void aReshapeAndBackIsNothing() {
    Scalar flat = I.times(Scalar.i32(64)).plus(J);
    assertEquals(QuasiAffine.of(I), QuasiAffine.of(div(flat, 64)));
    assertEquals(QuasiAffine.of(J), QuasiAffine.of(mod(flat, 64)));
    assertEquals(QuasiAffine.of(div(I, 2)), QuasiAffine.of(div(flat, 128)));
  }

  @Test
  void whatDoesNotDivideComesTogetherAgain() {
    Scalar odd = I.times(Scalar.i32(7)).plus(J);
    Scalar parts = div(odd, 64).times(Scalar.i32(64)).plus(mod(odd, 64));
    assertEquals(QuasiAffine.of(odd), QuasiAffine.of(parts));
    assertEquals(QuasiAffine.of(div(odd, 64)), QuasiAffine.of(div(div(odd, 8), 8)));
    assertEquals(QuasiAffine.of(mod(odd, 8)), QuasiAffine.of(mod(mod(odd, 64), 8)));
  }

  @Test
  void aNormalFormHasTheValuesOfItsIndexAndTheyAreInItsRange() {
    long first = Long.getLong("lgc.seed", new Random().nextInt(1 << 30));
    for (long seed = first; seed < first + 3000; seed++) {
      Random random = new Random(seed);
      Scalar index = index(random, 5);
      QuasiAffine normal = QuasiAffine.of(index);
      Scalar back = normal.toScalar();
      QuasiAffine again = QuasiAffine.of(back);
      String what = "seed " + seed + ": " + index + " as " + back;
      for (int point = 0; point < 40; point++) {
        int[] at = AXES.stream().mapToInt(a -> random.nextInt(a.extent())).toArray();
        long value = value(index, at);
        assertEquals(value, value(back, at), what);
        assertEquals(value, value(again.toScalar(), at), what);
        assertTrue(normal.min() <= value && value <= normal.max(), what);
      }
    }
  }

  private static Scalar div(Scalar x, int by) {
    return Scalar.apply(Function.DIV, x, Scalar.i32(by));
  }

  private static Scalar mod(Scalar x, int by) {
    return Scalar.apply(Function.MOD, x, Scalar.i32(by));
  }

  private static Scalar index(Random random, int depth) {
    if (depth == 0 || random.nextInt(6) == 0) {
      return random.nextInt(4) == 0
          ? Scalar.i32(random.nextInt(-9, 10))
          : Scalar.of(AXES.get(random.nextInt(AXES.size())));
    }
    Scalar x = index(random, depth - 1);
    Scalar by =
        random.nextInt(5) == 0
            ? Scalar.of(AXES.get(random.nextInt(AXES.size()))).plus(Scalar.i32(1))
            : Scalar.i32(List.of(2, 3, 4, 5, 8, 12, 64, 128).get(random.nextInt(8)));
    return switch (random.nextInt(8)) {
      case 0, 1 -> Scalar.apply(Function.ADD, x, index(random, depth - 1));
      case 2 -> Scalar.apply(Function.SUB, x, index(random, depth - 1));
      case 3 -> Scalar.apply(Function.MUL, x, by);
      case 4 -> Scalar.apply(Function.DIV, x, by);
      case 5 -> Scalar.apply(Function.MOD, x, by);
      case 6 -> Scalar.apply(Function.MIN, x, index(random, depth - 1));
      default -> Scalar.apply(Function.MAX, x, index(random, depth - 1));
    };
  }

  /** The value of an index at a point, from the meaning of its functions alone. */
  private static long value(Scalar s, int[] at) {
    return switch (s) {
      case Scalar.Literal l -> (long) l.value();
      case Scalar.AxisIndex(Axis a) -> at[a.number()];
      case Scalar.Apply a -> {
        long x = value(a.operands().get(0), at);
        long y = a.operands().size() > 1 ? value(a.operands().get(1), at) : 0;
        yield switch (a.function()) {
          case ADD -> x + y;
          case SUB -> x - y;
          case MUL -> x * y;
          case NEG -> -x;
          case DIV -> Math.floorDiv(x, y);
          case MOD -> Math.floorMod(x, y);
          case MIN -> Math.min(x, y);
          case MAX -> Math.max(x, y);
          default -> throw new IllegalArgumentException(a.toString());
        };
      }
      default -> throw new IllegalArgumentException(s.toString());
    };
  }
}
