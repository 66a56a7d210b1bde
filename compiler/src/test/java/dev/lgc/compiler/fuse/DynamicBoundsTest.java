package dev.lgc.compiler.fuse;

import static dev.lgc.compiler.algorithm.Scalar.apply;
import static dev.lgc.compiler.algorithm.Scalar.f32;
import static dev.lgc.compiler.algorithm.Scalar.i32;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.emit.jvm.JvmFusion;
import dev.lgc.compiler.kernel.Buffer;
import dev.lgc.compiler.kernel.Buffer.Access;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.KernelDump;
import dev.lgc.compiler.kernel.KernelVerifier;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.compiler.kernel.Stage.Target;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Which loops may end early, and which may not. Buffers: x, n, a row of numbers, the result. */
@Tag("pure")
final class DynamicBoundsTest {
  private static final Axis ROW = new Axis(0, 4);
  private static final Axis J = new Axis(1, 64);
  private static final Axis K = new Axis(2, 64);
  private static final Scalar LOWEST = f32(Double.NEGATIVE_INFINITY);
  private static final Scalar N = number(i32(0));

  private static Scalar number(Scalar at) {
    return new Scalar.Load(1, DType.I32, List.of(at));
  }

  private static Scalar x(Axis a) {
    return new Scalar.Load(0, DType.F32, List.of(Scalar.of(ROW).times(i32(64)).plus(Scalar.of(a))));
  }

  private static Scalar upTo(Axis a, Scalar most) {
    return apply(Function.LE, Scalar.of(a), most);
  }

  private static Scalar masked(Scalar seen, Scalar value, Scalar otherwise) {
    return apply(Function.SELECT, seen, value, otherwise);
  }

  private static Scalar local(int number, Scalar... index) {
    return new Scalar.Local(number, DType.F32, List.of(index));
  }

  private static Stage reduced(int number, Reducer r, Axis over, Scalar value) {
    return new Stage(new Target.Local(number, DType.F32), List.of(), List.of(over), r, value);
  }

  private static Stage array(int number, Axis axis, Scalar value) {
    Target t = new Target.Scratch(number, DType.F32, List.of(axis.extent()));
    return new Stage(t, List.of(axis), List.of(), Reducer.NONE, value);
  }

  /** The loops of each stage, after the pass. */
  private static List<String> bounds(Stage... stages) {
    Kernel k =
        new Kernel(
            "k",
            List.of(
                new Buffer(DType.F32, 256, Access.READ),
                new Buffer(DType.I32, 4, Access.READ),
                new Buffer(DType.F32, 64, Access.READ)),
            List.of(ROW),
            List.of(stages));
    Kernel bounded = DynamicBounds.of(k, JvmFusion.LIMITS);
    assertEquals(List.of(), KernelVerifier.problems(bounded));
    List<String> ends = new ArrayList<>();
    for (Stage s : bounded.stages()) {
      ends.add(s.bound().map(b -> KernelDump.scalar(b.end())).orElse("all"));
    }
    return ends;
  }

  @Test
  void aSumOfZerosAndAMaximumOfTheLowestEnd() {
    Scalar zero = f32(0);
    assertEquals(
        List.of("b1[0] + 1", "b1[0] + 1"),
        bounds(
            reduced(0, Reducer.SUM, J, masked(upTo(J, N), x(J), zero)),
            reduced(1, Reducer.MAX, J, masked(upTo(J, N), x(J), LOWEST))));
    assertEquals(
        List.of("all", "all"),
        bounds(
            reduced(0, Reducer.SUM, J, masked(upTo(J, N), x(J), LOWEST)),
            reduced(1, Reducer.MAX, J, masked(upTo(J, N), x(J), zero))));
  }

  @Test
  void everyWayToCompareCounts() {
    Scalar j = Scalar.of(J);
    Scalar zero = f32(0);
    assertEquals(
        List.of("b1[0]", "b1[0] + 3", "b1[0] + 1", "b1[0] + 1", "b1[0]"),
        java.util.stream.Stream.of(
                masked(apply(Function.LT, j, N), x(J), zero),
                masked(apply(Function.LE, j.minus(i32(2)), N), x(J), zero),
                masked(apply(Function.EQ, j, N), x(J), zero),
                masked(apply(Function.LT, N, j), zero, x(J)),
                masked(apply(Function.NOT, apply(Function.LE, N, j)), x(J), zero))
            .map(v -> bounds(reduced(0, Reducer.SUM, J, v)).getFirst())
            .toList());
  }

  @Test
  void aMaskOfValidKeysDoesNotHideTheEnd() {
    Scalar valid =
        apply(Function.LT, new Scalar.Load(2, DType.F32, List.of(Scalar.of(J))), f32(0.5));
    Scalar self = apply(Function.EQ, Scalar.of(J), N);
    Scalar seen = apply(Function.OR, apply(Function.AND, upTo(J, N), valid), self);
    assertEquals(
        List.of("b1[0] + 1"), bounds(reduced(0, Reducer.MAX, J, masked(seen, x(J), LOWEST))));
    Scalar either = apply(Function.OR, upTo(J, N), valid);
    assertEquals(List.of("all"), bounds(reduced(0, Reducer.MAX, J, masked(either, x(J), LOWEST))));
  }

  @Test
  void anEndIsOneForTheWholeKernelAndFromMemory() {
    Scalar ofRow = number(Scalar.of(ROW));
    Scalar zero = f32(0);
    for (Scalar most : List.of(ofRow, Scalar.of(ROW), i32(7))) {
      assertEquals(
          List.of("all"), bounds(reduced(0, Reducer.SUM, J, masked(upTo(J, most), x(J), zero))));
    }
  }

  @Test
  void softmaxEndsWithWhatIsComputedForIt() {
    Scalar seen = masked(upTo(K, N), local(0, Scalar.of(K)), LOWEST);
    Stage scores = array(0, J, x(J).times(f32(3)));
    Stage most = reduced(1, Reducer.MAX, J, masked(upTo(J, N), local(0, Scalar.of(J)), LOWEST));
    Stage powers = array(2, K, apply(Function.EXP, seen.minus(local(1))));
    Stage sum = reduced(3, Reducer.SUM, J, local(2, Scalar.of(J)));
    Scalar share = local(2, Scalar.of(J)).over(local(3));
    Stage mixed = reduced(4, Reducer.SUM, J, share.times(x(J)));
    String end = "b1[0] + 1";
    assertEquals(List.of(end, end, end, end, end), bounds(scores, most, powers, sum, mixed));
    // Somebody wants all of the scores.
    Stage all = reduced(5, Reducer.SUM, J, local(0, Scalar.of(J)));
    assertEquals(
        List.of("all", end, end, end, end, "all"), bounds(scores, most, powers, sum, mixed, all));
    // One of the powers is wanted, whether it is before the end or not.
    Stage one =
        new Stage(
            new Target.Local(6, DType.F32), List.of(), List.of(), Reducer.NONE, local(2, i32(5)));
    assertEquals(
        List.of("all", end, "all", end, end, "all"), bounds(scores, most, powers, sum, mixed, one));
  }

  @Test
  void whatIsTakenAwayMustBeTheMaximumOfTheSame() {
    Stage other = reduced(0, Reducer.MAX, J, x(J));
    Scalar seen = masked(upTo(K, N), x(K), LOWEST);
    assertEquals(
        List.of("all", "all"),
        bounds(other, reduced(1, Reducer.SUM, K, apply(Function.EXP, seen.minus(local(0))))));
  }

  @Test
  void aDivisorThatVariesIsNotTrusted() {
    Scalar zero = masked(upTo(J, N), x(J), f32(0));
    assertEquals(List.of("all"), bounds(reduced(0, Reducer.SUM, J, zero.over(x(J)))));
    assertEquals(List.of("b1[0] + 1"), bounds(reduced(0, Reducer.SUM, J, zero.times(x(J)))));
  }
}
