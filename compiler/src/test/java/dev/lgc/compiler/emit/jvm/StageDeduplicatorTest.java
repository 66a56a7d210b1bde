package dev.lgc.compiler.emit.jvm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Buffer;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.dsl.type.DType;
import java.lang.classfile.ClassFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Stages that one method computes. */
@Tag("backend")
final class StageDeduplicatorTest {
  private static final int DEPTH = 200;
  private static final Axis POINT = new Axis(0, 2);

  private final List<Stage> stages = new ArrayList<>();

  private static Scalar element(Axis a) {
    return new Scalar.Load(
        0, DType.F32, List.of(Scalar.of(POINT).times(Scalar.i32(DEPTH)).plus(Scalar.of(a))));
  }

  private static Scalar local(int number) {
    return new Scalar.Local(number, DType.F32, List.of());
  }

  private Axis axis() {
    return new Axis(1 + stages.size(), DEPTH);
  }

  /** A sum over an axis of its own; returns the local. */
  private Scalar sum(Axis a, Scalar value) {
    return stage(List.of(a), Reducer.SUM, value);
  }

  private Scalar stage(List<Axis> reduction, Reducer reducer, Scalar value) {
    int number = stages.size();
    Stage.Target target = new Stage.Target.Local(number, DType.F32);
    stages.add(new Stage(target, List.of(), reduction, reducer, value));
    return local(number);
  }

  private Scalar scaled(Scalar s) {
    return stage(List.of(), Reducer.NONE, s.times(Scalar.f32(0.01)));
  }

  private Scalar weighted(Scalar by) {
    Axis a = axis();
    return sum(a, element(a).times(by));
  }

  private Scalar distance(Scalar from, Scalar by) {
    Axis a = axis();
    return sum(a, element(a).minus(from).times(by));
  }

  private Kernel kernel(Scalar result) {
    stages.add(
        new Stage(
            new Stage.Target.Store(1, Scalar.of(POINT)),
            List.of(),
            List.of(),
            Reducer.NONE,
            result));
    return new Kernel(
        "alike",
        List.of(
            new Buffer(DType.F32, 2L * DEPTH, Buffer.Access.READ),
            new Buffer(DType.F32, 2, Buffer.Access.WRITE)),
        List.of(POINT),
        stages);
  }

  private static long methods(Kernel k) {
    List<Optional<Axis>> lanes =
        k.stages().stream().map(s -> s.reduction().stream().findFirst()).toList();
    KernelImage image =
        JvmEmitter.emit(k, new JvmSchedule.Loops(new JvmSchedule.Lanes.Inner(lanes), 16, 1));
    return ClassFile.of().parse(image.classFile()).methods().stream()
        .filter(m -> m.methodName().stringValue().startsWith("stage"))
        .count();
  }

  private static void check(Kernel k) {
    long seed = Long.getLong("lgc.seed", System.nanoTime());
    System.out.println("seed " + seed);
    double[] values = new Random(seed).doubles(2 * DEPTH).map(x -> (float) x).toArray();
    KernelRunner.check(k, List.of(values, new double[2]), 1e-5);
  }

  @Test
  void oneMethodComputesAllThatDifferInAxesAndLocals() {
    Scalar first = weighted(Scalar.f32(2));
    Scalar second = weighted(scaled(first));
    Scalar third = weighted(scaled(second));
    Scalar fourth = weighted(scaled(third));
    Kernel k = kernel(second.plus(third).plus(fourth));
    assertEquals(2, methods(k), "the first has a constant, the others a local");
    check(k);
  }

  @Test
  void whatTakesLocalsInAnotherOrderIsNotAlike() {
    Scalar x = scaled(weighted(Scalar.f32(2)));
    Scalar y = scaled(weighted(Scalar.f32(3)));
    Kernel k = kernel(distance(x, y).plus(distance(y, x)));
    assertEquals(4, methods(k));
    check(k);
  }
}
