package dev.lgc.compiler.build;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.autodiff.Autodiff;
import dev.lgc.compiler.emit.interp.Interpreter;
import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.emit.jvm.JvmEmitter;
import dev.lgc.compiler.emit.jvm.Machine;
import dev.lgc.compiler.emit.tornado.DeviceLimits;
import dev.lgc.compiler.emit.tornado.EmulatedDevice;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.op.Dense;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.op.Stored;
import dev.lgc.compiler.plan.EmittedPlan;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.PlanRunner;
import dev.lgc.compiler.plan.Plans;
import dev.lgc.compiler.plan.Step;
import dev.lgc.compiler.rewrite.Decompose;
import dev.lgc.compiler.rewrite.Simplified;
import dev.lgc.compiler.rewrite.storage.StorageDeclaration;
import dev.lgc.compiler.rewrite.storage.StoredId;
import dev.lgc.dsl.check.Functions;
import dev.lgc.dsl.check.Language;
import dev.lgc.dsl.diagnostic.Outcome;
import dev.lgc.dsl.diagnostic.Renderer;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.type.TensorType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every function of the language, from its name to numbers: what it computes and its gradients are
 * PyTorch's, on every target, and static numbers give what tensors give.
 */
@Tag("backend")
final class FunctionsTest {
  private static final double KEY = 20240229;

  /** The results and gradients of a case that a target must compute. */
  private record Problem(
      Graph graph,
      Map<String, double[]> inputs,
      Map<String, double[]> stored,
      List<StorageDeclaration> declared) {}

  private static final Map<String, Function<ExecutionPlan, PlanRunner>> TARGETS =
      Map.of(
          "one lane",
              p -> new EmittedPlan(p, new JvmEmitter(new Machine(1, true, 1), List.of()), 1),
          "eight lanes",
              p -> new EmittedPlan(p, new JvmEmitter(new Machine(8, true, 1), List.of()), 1),
          "a device", p -> new EmulatedDevice(p, DeviceLimits.PORTABLE, false));

  static List<FunctionCase> cases() throws IOException {
    return FunctionCase.all();
  }

  static Stream<FunctionCase> computed() throws IOException {
    return cases().stream().filter(c -> c.first().isEmpty());
  }

  static Stream<FunctionCase> staticToo() throws IOException {
    return cases().stream().filter(FunctionCase::staticToo);
  }

  static Stream<FunctionCase> firsts() throws IOException {
    return cases().stream().filter(c -> c.first().isPresent());
  }

  @Test
  void everyFunctionHasACase() throws IOException {
    Set<String> tested = new TreeSet<>();
    for (FunctionCase c : cases()) {
      tested.add(c.function());
      assertTrue(c.expression().contains(c.function() + "("), c.toString());
      boolean says = c.result().isPresent() || c.first().isPresent() || c.objective();
      assertTrue(says, () -> c + " says nothing; run functions.py");
    }
    assertEquals(new TreeSet<>(Functions.names()), tested);
  }

  @ParameterizedTest
  @MethodSource("computed")
  void everyTargetComputesWhatPyTorchComputes(FunctionCase c) {
    Problem p = problem(c);
    Map<String, double[]> want =
        Interpreter.run(p.graph, Precision.AS_TYPED, p.inputs, p.stored).outputs();
    c.result().ifPresent(r -> close("interpreter, result", r.values(), want.get("y")));
    c.gradients()
        .forEach((x, g) -> close("interpreter, gradient " + x, g.values(), want.get("d." + x)));
    ExecutionPlan plan =
        Plans.of("case", p.declared, List.of(Simplified.of(Decompose.all(p.graph))));
    TARGETS.forEach(
        (target, runner) -> {
          Map<String, double[]> got = run(plan, p, runner);
          want.forEach((name, w) -> close(target + ", " + name, w, got.get(name)));
        });
  }

  @ParameterizedTest
  @MethodSource("staticToo")
  void staticNumbersGiveWhatTensorsGive(FunctionCase c) {
    double[] expected = c.result().orElseThrow().values();
    for (int k = 0; k < expected.length; k += 3) {
      Entry e = elaborated(c.staticModel(k)).entry("apply").orElseThrow();
      Graph g = EntryBuilder.graph(e);
      double[] y =
          Interpreter.run(g, Precision.DOUBLE, Map.of("input", new double[1]), Map.of())
              .outputs()
              .get("result");
      close("static, element " + k, new double[] {expected[k]}, y);
    }
  }

  @ParameterizedTest
  @MethodSource("firsts")
  void firstValuesAreDistributedAsTheyAreDeclared(FunctionCase c) {
    assertEquals(
        c.first().orElseThrow(), elaborated(c.model()).storage().getFirst().init().toString());
  }

  private static CheckedModel elaborated(String model) {
    Outcome<CheckedModel> m =
        Language.parse("case.arch", model).then(l -> l.elaborate("Case", Map.of(), Map.of()));
    assertTrue(m.isOk(), () -> model + "\n" + Renderer.plain(m.diagnostics()));
    return m.get();
  }

  private static Problem problem(FunctionCase c) {
    Entry entry = elaborated(c.model()).entry("apply").orElseThrow();
    GraphBuilder b = new GraphBuilder();
    int y = EntryBuilder.add(b, entry).outputs().get(c.objective() ? "loss" : "result");
    c.result().ifPresent(r -> assertEquals(r.type(), b.type(y), c.toString()));
    Map<String, Integer> outputs = new LinkedHashMap<>();
    outputs.put("y", y);
    if (b.type(y).dtype().isFloat()) {
      TensorType type = b.type(y);
      int n = (int) type.shape().elements();
      double[] weights = IntStream.range(0, n).mapToDouble(FunctionCase::weight).toArray();
      int loss = b.sum(b.mul(y, b.add(new Dense(type, weights))));
      List<String> wrt = floats(c);
      List<Integer> nodes = wrt.stream().map(x -> node(b, c, x)).toList();
      int[] gradients = Autodiff.gradients(b, loss, nodes);
      IntStream.range(0, wrt.size()).forEach(i -> outputs.put("d." + wrt.get(i), gradients[i]));
    }
    Map<String, double[]> inputs = new HashMap<>();
    Map<String, double[]> stored = new HashMap<>();
    List<StorageDeclaration> declared = new ArrayList<>();
    c.inputs()
        .forEach(
            (name, t) -> {
              if (c.parameters().contains(name)) {
                declared.add(new StorageDeclaration(name, StoredId.Role.PARAMETER, t.type()));
                stored.put(name, t.values());
              } else {
                inputs.put(name, t.values());
              }
            });
    inputs.put(EntryBuilder.KEY, new double[] {KEY, 0, 0, 0});
    return new Problem(b.build("apply", outputs, Map.of()), inputs, stored, declared);
  }

  /** The names of the inputs with float elements, for which gradients are computed. */
  private static List<String> floats(FunctionCase c) {
    return c.inputs().keySet().stream()
        .filter(x -> c.inputs().get(x).type().dtype().isFloat())
        .collect(Collectors.toList());
  }

  private static int node(GraphBuilder b, FunctionCase c, String name) {
    TensorType type = c.inputs().get(name).type();
    return b.add(c.parameters().contains(name) ? new Stored(name, type) : new Input(name, type));
  }

  private static Map<String, double[]> run(
      ExecutionPlan plan, Problem p, Function<ExecutionPlan, PlanRunner> target) {
    try (PlanRunner runner = target.apply(plan)) {
      Step step = plan.step("apply");
      step.inputs().forEach((name, slot) -> runner.write(slot, p.inputs.get(name)));
      plan.storage().forEach(t -> runner.write(t.slot(), p.stored.get(t.name())));
      runner.run("apply");
      return step.outputs().entrySet().stream()
          .collect(Collectors.toMap(Map.Entry::getKey, e -> runner.read(e.getValue())));
    }
  }

  private static void close(String what, double[] want, double[] got) {
    assertEquals(want.length, got.length, what);
    for (int i = 0; i < want.length; i++) {
      assertEquals(want[i], got[i], 3e-6 * Math.max(1, Math.abs(want[i])), what + " [" + i + "]");
    }
  }
}
