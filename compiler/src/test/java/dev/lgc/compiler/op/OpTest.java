package dev.lgc.compiler.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.autodiff.Autodiff;
import dev.lgc.compiler.emit.interp.Interpreter;
import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Verifier;
import dev.lgc.dsl.type.TensorType;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("backend")
class OpTest {
  private static final long SEED = Long.getLong("lgc.seed", new Random().nextLong());

  @Test
  void everyOpIsInTheGrammarAndHasACase() throws IOException, URISyntaxException {
    Set<Class<?>> cases = new HashSet<>();
    OpCases.of(new Random(SEED)).forEach(c -> cases.add(c.op().getClass()));
    // Identities, and what only the gradient of another op makes.
    cases.addAll(List.of(After.class, StopGradient.class));
    cases.addAll(List.of(MaxPool2dIndex.class, MaxPool2dGradient.class));
    // Over several ranks: CollectiveTest.
    cases.addAll(List.of(AllGather.class, ReduceScatter.class, AllReduce.class));
    String grammar =
        Files.readString(Path.of("src/main/java/dev/lgc/compiler/op/package-info.java"));
    for (Class<?> op : ops()) {
      String name = op.getSimpleName();
      assertTrue(Pattern.compile("\\b" + name + "\\b").matcher(grammar).find(), name);
      assertTrue(Source.class.isAssignableFrom(op) || cases.contains(op), name + " has no case");
    }
  }

  private static List<Class<?>> ops() throws IOException, URISyntaxException {
    Path classes = Path.of(Op.class.getResource("Op.class").toURI()).getParent();
    List<Class<?>> ops = new ArrayList<>();
    try (Stream<Path> files = Files.list(classes)) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString().replace(".class", "");
        if (!name.contains("$") && !name.equals("package-info")) {
          Class<?> c = loaded(Op.class.getPackageName() + "." + name);
          if (c.isRecord() && Op.class.isAssignableFrom(c)) {
            ops.add(c);
          }
        }
      }
    }
    assertTrue(ops.size() > 60, "only " + ops.size() + " ops");
    return ops;
  }

  private static Class<?> loaded(String name) {
    try {
      return Class.forName(name);
    } catch (ClassNotFoundException e) {
      throw new AssertionError(name, e);
    }
  }

  @Test
  void theShapeRuleIsTheAlgorithmsSpace() {
    for (OpCases.Case c : OpCases.of(new Random(SEED))) {
      if (c.op() instanceof Primitive computed) {
        Algorithm a = computed.algorithm(c.types());
        TensorType type = c.op().infer(c.types());
        String message = c + ", seed " + SEED;
        assertEquals(type.shape().dims(), a.space().stream().map(Axis::extent).toList(), message);
        boolean index = a.reducer().name().startsWith("ARG");
        assertTrue(index || a.value().dtype() == type.dtype(), message);
      }
    }
  }

  @Test
  void gradientsAreThoseOfDifferences() {
    for (OpCases.Case c : OpCases.of(new Random(SEED))) {
      if (c.op().infer(c.types()).dtype().isFloat()
          && !(c.op() instanceof Floor)
          && !(c.op() instanceof Erf) // written for floats; FunctionsTest has PyTorch's gradients
          && !(c.op() instanceof Uniform)
          && !(c.op() instanceof KthLargest)
          && !(c.op() instanceof Nucleus)) {
        compare(c);
      }
    }
  }

  /** The loss is a fixed random combination of the result's elements. */
  private static void compare(OpCases.Case c) {
    GraphBuilder b = new GraphBuilder();
    int[] x =
        IntStream.range(0, c.types().size())
            .map(i -> b.add(new Input("x" + i, c.types().get(i))))
            .toArray();
    int y = b.add(c.op(), x);
    int weights = b.add(new Input("weights", b.type(y)));
    int loss = b.sum(b.mul(y, weights));
    List<Integer> wrt = new ArrayList<>();
    for (int i = 0; i < x.length; i++) {
      boolean table = c.op() instanceof Rotate && i == 1;
      if (c.types().get(i).dtype().isFloat() && !table) {
        wrt.add(x[i]);
      }
    }
    int[] gradients = Autodiff.gradients(b, loss, wrt);
    Map<String, Integer> outputs = new LinkedHashMap<>();
    outputs.put("loss", loss);
    for (int i = 0; i < gradients.length; i++) {
      outputs.put("x" + wrt.get(i), gradients[i]);
    }
    Graph g = Verifier.verified(b.build("gradient", outputs, Map.of()));
    Graph forward = b.build("forward", Map.of("loss", loss), Map.of());

    Map<String, double[]> inputs = new HashMap<>();
    IntStream.range(0, x.length).forEach(i -> inputs.put("x" + i, c.values().get(i).clone()));
    Random random = new Random(SEED + 1);
    int n = (int) b.type(y).shape().elements();
    inputs.put("weights", random.doubles(n, -1, 1).toArray());
    Interpreter.Result all = Interpreter.run(g, Precision.DOUBLE, inputs, Map.of());
    Interpreter runner = new Interpreter(forward, Precision.DOUBLE);
    for (int w : wrt) {
      double[] expected = all.outputs().get("x" + w);
      double[] values = inputs.get("x" + w);
      for (int k = 0; k < values.length; k++) {
        double h = 1e-5;
        double old = values[k];
        values[k] = old + h;
        double above = runner.run(inputs, Map.of()).outputs().get("loss")[0];
        values[k] = old - h;
        double below = runner.run(inputs, Map.of()).outputs().get("loss")[0];
        values[k] = old;
        double difference = (above - below) / (2 * h);
        assertEquals(
            difference,
            expected[k],
            1e-6 * (1 + Math.abs(difference)),
            c + " operand " + w + " element " + k + ", seed " + SEED);
      }
    }
  }
}
