package dev.lgc.compiler.emit.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.emit.interp.Interpreter;
import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.op.ArgReduce;
import dev.lgc.compiler.op.Attend;
import dev.lgc.compiler.op.Contract;
import dev.lgc.compiler.op.Conv2d;
import dev.lgc.compiler.op.Conv2dInputGradient;
import dev.lgc.compiler.op.Conv2dWeightGradient;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.op.KthLargest;
import dev.lgc.compiler.op.LogSumExp;
import dev.lgc.compiler.op.Nucleus;
import dev.lgc.compiler.op.Op;
import dev.lgc.compiler.op.OpCases;
import dev.lgc.compiler.op.ScatterAdd;
import dev.lgc.compiler.op.Softmax;
import dev.lgc.compiler.op.Window;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Plans;
import dev.lgc.compiler.plan.Step;
import dev.lgc.compiler.rewrite.Decompose;
import dev.lgc.dsl.text.Text;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Single ops, of shapes that ask for every schedule, on an emulated device. */
@Tag("backend")
final class OpsTest {
  private static final List<DeviceLimits> DEVICES =
      List.of(
          DeviceLimits.PORTABLE,
          new DeviceLimits(64, 4096, 4, 1L << 30),
          new DeviceLimits(16, 1024, 2, 1L << 30));

  private final long seed = Long.getLong("lgc.seed", new Random().nextInt(1 << 30));
  private final Random random = new Random(seed);

  @Test
  void everyOpMeansWhatTheInterpreterSays() {
    for (OpCases.Case c : OpCases.of(random)) {
      check(c.op(), c.types(), c.values());
    }
  }

  @Test
  void longRowsAreSharedByTheItemsOfAGroup() {
    for (int n : new int[] {33, 64, 700, 1025}) {
      TensorType rows = TensorType.f32(5, n);
      check(new Softmax(1), List.of(rows), List.of(normal(5 * n)));
      check(new LogSumExp(List.of(1)), List.of(rows), List.of(normal(5 * n)));
      check(new LogSumExp(List.of(0, 1)), List.of(rows), List.of(normal(5 * n)));
    }
  }

  @Test
  void thresholdsOfSamplingAreFound() {
    TensorType rows = TensorType.f32(3, 300);
    double[] logits = normal(900);
    check(new KthLargest(), List.of(rows, TensorType.i32()), List.of(logits, new double[] {7}));
    check(new Nucleus(), List.of(rows, TensorType.f32()), List.of(logits, new double[] {.8}));
  }

  @Test
  void attentionOverACacheIsOneKernelOfGroups() {
    TensorType query = TensorType.f32(2, 1, 64);
    TensorType cache = TensorType.f32(2, 70, 64);
    TensorType valid = new TensorType(DType.BOOL, Shape.of(2, 70));
    List<TensorType> types = List.of(query, cache, cache, valid, TensorType.i32());
    double[] shown = random.ints(140, 0, 2).asDoubleStream().toArray();
    double[] position = {41};
    Op attend = new Attend(4, 4, .25, true, true, true);
    check(attend, types, List.of(normal(query), normal(cache), normal(cache), shown, position));
    GraphBuilder b = new GraphBuilder();
    int[] x = new int[types.size()];
    Arrays.setAll(x, i -> b.add(new Input("x" + i, types.get(i))));
    Graph g = Decompose.all(b.build("op", Map.of("y", b.add(attend, x)), Map.of()));
    List<Kernel> kernels = Plans.of("op", List.of(), List.of(g)).kernels();
    assertEquals(1, kernels.size());
    DeviceSchedule.Group group =
        (DeviceSchedule.Group) DeviceScheduler.choose(kernels.getFirst(), DeviceLimits.PORTABLE);
    // Scores; their maximum, exponentials and sum; the mixture of 70 values, 16 numbers wide.
    assertTrue(group.stages().contains(DeviceSchedule.Share.TOGETHER), group.toString());
    assertTrue(group.stages().contains(DeviceSchedule.Share.SPLIT), group.toString());
  }

  @Test
  void theFirstOfEqualExtremesIsFound() {
    for (int n : new int[] {5, 40, 400}) {
      double[] few = random.ints(3L * n, 0, 4).asDoubleStream().toArray();
      List<TensorType> type = List.of(TensorType.f32(3, n));
      check(new ArgReduce(Reducer.ARGMAX, 1), type, List.of(few));
      check(new ArgReduce(Reducer.ARGMIN, 1), type, List.of(few));
      check(new ArgReduce(Reducer.ARGMAX, 0), type, List.of(few));
    }
  }

  @Test
  void contractionsOfAllForms() {
    contract("bsi,oi->bso", List.of(2, 35, 70), List.of(50, 70));
    contract("bsi,oi->bso", List.of(3, 1, 200), List.of(77, 200));
    contract("bgrst,btgd->bsgrd", List.of(2, 2, 3, 5, 40), List.of(2, 40, 2, 16));
    contract("bsgrd,btgd->bgrst", List.of(2, 1, 2, 3, 32), List.of(2, 40, 2, 32));
    contract("bso,bsi->oi", List.of(2, 700, 20), List.of(2, 700, 24));
    contract("ij,jk->ki", List.of(33, 65), List.of(65, 64));
    contract("i,i->", List.of(900), List.of(900));
    contract("bi,bi->b", List.of(30, 90), List.of(30, 90));
    contract("i,o->oi", List.of(30), List.of(40));
  }

  private void contract(String spec, List<Integer> a, List<Integer> b) {
    TensorType x = new TensorType(DType.F32, new Shape(a));
    TensorType y = new TensorType(DType.F32, new Shape(b));
    check(new Contract(spec), List.of(x, y), List.of(normal(x), normal(y)));
  }

  @Test
  void contractionsGetTheScheduleThatTheirShapeAsksFor() {
    assertEquals(
        new DeviceSchedule.Rows(8, 32, 1, true),
        scheduled("bi,oi->bo", List.of(8, 768), List.of(2304, 768)));
    assertEquals(
        new DeviceSchedule.Rows(16, 16, 1, false),
        scheduled("bi,io->bo", List.of(2, 256), List.of(256, 64)));
    assertEquals(
        new DeviceSchedule.Tiled(16, 16, 4, 4, 16, 1, 2048 * 768),
        scheduled("bi,oi->bo", List.of(2048, 768), List.of(768, 768)));
    DeviceSchedule split = scheduled("bo,bi->oi", List.of(8192, 64), List.of(8192, 64));
    assertEquals(new DeviceSchedule.Tiled(16, 16, 4, 4, 16, 64, 4096), split);
    assertEquals(64 * 4096L, split.workspace().get(DType.F32));
  }

  private static DeviceSchedule scheduled(String spec, List<Integer> a, List<Integer> b) {
    GraphBuilder g = new GraphBuilder();
    int x = g.add(new Input("x", new TensorType(DType.F32, new Shape(a))));
    int y = g.add(new Input("y", new TensorType(DType.F32, new Shape(b))));
    Graph graph = g.build("op", Map.of("z", g.contract(spec, x, y)), Map.of());
    ExecutionPlan plan = Plans.of("op", List.of(), List.of(graph));
    return DeviceScheduler.choose(plan.kernels().getFirst(), DeviceLimits.PORTABLE);
  }

  @Test
  void updatesOfATableAreFoundByLists() {
    for (int[] n : new int[][] {{50, 60}, {7, 128}, {1001, 40}}) {
      TensorType labels = new TensorType(DType.I32, Shape.of(2, n[1] / 2));
      TensorType updates = TensorType.f32(2, n[1] / 2, 33);
      double[] some = random.ints(n[1], -2, n[0] + 2).asDoubleStream().toArray();
      Op scatter = new ScatterAdd(n[0]);
      check(scatter, List.of(labels, updates), List.of(some, normal(updates)));
      Problem p = problem(scatter, List.of(labels, updates), List.of(some, normal(updates)));
      assertEquals(
          new DeviceSchedule.Segments(128, n[0], n[1]),
          DeviceScheduler.choose(p.plan.kernels().getFirst(), DeviceLimits.PORTABLE));
      checkCandidates(scatter, List.of(labels, updates), List.of(some, normal(updates)));
    }
  }

  @Test
  void everyCandidateMeansTheSame() {
    TensorType rows = TensorType.f32(9, 700);
    checkCandidates(new Softmax(1), List.of(rows));
    checkCandidates(new ArgReduce(Reducer.ARGMAX, 1), List.of(rows));
    checkCandidates(new Contract("bi,oi->bo"), List.of(TensorType.f32(3, 200), rows(77, 200)));
    checkCandidates(new Contract("bi,io->bo"), List.of(TensorType.f32(2, 200), rows(200, 77)));
    checkCandidates(new Contract("bsi,oi->bso"), List.of(TensorType.f32(2, 70, 70), rows(90, 70)));
    checkCandidates(new Contract("bi,bo->io"), List.of(rows(2000, 20), rows(2000, 40)));
    checkCandidates(new Contract("bi,oi->bo"), List.of(TensorType.f32(3, 200), rows(96, 200)));
    checkCandidates(new Contract("bi,io->bo"), List.of(TensorType.f32(2, 200), rows(200, 128)));
    Window w = new Window(3, 2, 1, 1);
    List<TensorType> images = List.of(TensorType.f32(2, 20, 9, 11), TensorType.f32(24, 20, 3, 3));
    checkCandidates(new Conv2d(w, w), images);
  }

  private static TensorType rows(int n, int m) {
    return TensorType.f32(n, m);
  }

  private void checkCandidates(Op op, List<TensorType> types) {
    checkCandidates(op, types, types.stream().map(this::normal).toList());
  }

  private void checkCandidates(Op op, List<TensorType> types, List<double[]> values) {
    DeviceLimits limits = new DeviceLimits(1024, 32768, 64, 1L << 30);
    Problem p = problem(op, types, values);
    Kernel kernel = p.plan.kernels().getLast();
    List<DeviceSchedule> all = ScheduleCandidates.of(kernel, limits);
    assertEquals(DeviceScheduler.choose(kernel, limits), all.getFirst());
    assertTrue(all.size() > 3, all.toString());
    assertEquals(all.size(), all.stream().map(DeviceSchedule::text).distinct().count());
    int last = p.plan.kernels().size() - 1;
    for (DeviceSchedule s : all) {
      EmulatedDevice device =
          new EmulatedDevice(
              p.plan,
              limits,
              false,
              k -> k == last ? s : DeviceScheduler.choose(p.plan.kernels().get(k), limits));
      close(op + " by " + s.text(), p.want, p.run(device));
    }
  }

  @Test
  void convolutionsAndTheirGradients() {
    Window window = new Window(3, 2, 1, 1);
    Window strided = new Window(3, 1, 1, 1);
    for (Window w : List.of(window, strided)) {
      TensorType image = TensorType.f32(2, 20, 9, 11);
      TensorType weight = TensorType.f32(24, 20, 3, 3);
      TensorType result = new Conv2d(w, w).infer(List.of(image, weight));
      check(new Conv2d(w, w), List.of(image, weight), List.of(normal(image), normal(weight)));
      check(
          new Conv2dInputGradient(w, w, 9, 11),
          List.of(result, weight),
          List.of(normal(result), normal(weight)));
      check(
          new Conv2dWeightGradient(w, w),
          List.of(image, result),
          List.of(normal(image), normal(result)));
    }
  }

  @Test
  void stridedGradientsOfWholePhases() {
    for (Window w : List.of(new Window(4, 2, 1, 1), new Window(3, 2, 0, 1))) {
      TensorType result = TensorType.f32(2, 20, 5, 6);
      TensorType weight = TensorType.f32(20, 24, w.kernel(), w.kernel());
      check(
          new Conv2dInputGradient(w, w, 10, 12),
          List.of(result, weight),
          List.of(normal(result), normal(weight)));
    }
  }

  private double[] normal(TensorType t) {
    return normal((int) t.shape().elements());
  }

  private double[] normal(int n) {
    return random.doubles(n, -3, 3).map(d -> (float) d).toArray();
  }

  /** An op to be computed, and what must come out. */
  private record Problem(ExecutionPlan plan, Map<String, double[]> inputs, double[] want) {
    double[] run(EmulatedDevice device) {
      Step step = plan.steps().get("op");
      step.inputs().forEach((name, slot) -> device.write(slot, inputs.get(name)));
      device.run("op");
      return device.read(step.outputs().get("y"));
    }
  }

  private static Problem problem(Op op, List<TensorType> types, List<double[]> values) {
    GraphBuilder b = new GraphBuilder();
    int[] operands = new int[types.size()];
    Map<String, double[]> inputs = new LinkedHashMap<>();
    for (int i = 0; i < operands.length; i++) {
      operands[i] = b.add(new Input("x" + i, types.get(i)));
      inputs.put("x" + i, values.get(i));
    }
    Graph g = b.build("op", Map.of("y", b.add(op, operands)), Map.of());
    double[] want = Interpreter.run(g, Precision.AS_TYPED, inputs, Map.of()).outputs().get("y");
    return new Problem(Plans.of("op", List.of(), List.of(Decompose.all(g))), inputs, want);
  }

  private void check(Op op, List<TensorType> types, List<double[]> values) {
    Problem p = problem(op, types, values);
    List<double[]> got = new ArrayList<>();
    for (DeviceLimits limits : DEVICES) {
      for (boolean backwards : new boolean[] {false, true}) {
        got.add(p.run(new EmulatedDevice(p.plan, limits, backwards)));
        close(op + " of " + types + " on " + limits, p.want, got.getLast());
      }
      String both = op + " of " + types + ": another order, other bits, on " + limits;
      assertEquals(new Row(got.get(got.size() - 2)), new Row(got.getLast()), both);
    }
  }

  private record Row(List<Double> values) {
    Row(double[] values) {
      this(Arrays.stream(values).boxed().toList());
    }
  }

  private void close(String what, double[] want, double[] got) {
    double most = 1;
    for (double w : want) {
      most = Double.isFinite(w) ? Math.max(most, Math.abs(w)) : most;
    }
    for (int i = 0; i < want.length; i++) {
      int at = i;
      assertTrue(
          Math.abs(want[i] - got[i]) <= 2e-5 * most || Double.compare(want[i], got[i]) == 0,
          () -> Text.format("seed %d: %s: [%d] %s, not %s", seed, what, at, got[at], want[at]));
    }
  }
}
