package dev.lgc.compiler.rewrite;

import static dev.lgc.compiler.rewrite.TinyGenerator.CODES;
import static dev.lgc.compiler.rewrite.TinyGenerator.LENGTH;
import static dev.lgc.compiler.rewrite.TinyGenerator.PREFIX;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.emit.interp.Interpreter;
import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Verifier;
import dev.lgc.compiler.op.Attend;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.rewrite.storage.StorageDeclaration;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("backend")
class IncrementalTest {
  private static final int ROWS = 2;
  private static final long SEED = Long.getLong("lgc.seed", new Random().nextLong());

  private final Random random = new Random(SEED);

  @Test
  void everyStepGivesTheFullForwardsLogits() {
    compare(false, 2);
    compare(false, 1);
  }

  @Test
  void guidedRowsAreTheConditionsThenTheirNulls() {
    compare(true, 2);
    compare(true, 1);
  }

  private void compare(boolean guided, int rows) {
    Graph full = TinyGenerator.graph(rows);
    Map<String, double[]> stored = TinyGenerator.weights(full, random);
    Map<String, double[]> inputs = new HashMap<>();
    inputs.put("codes", random.ints((LENGTH - 1) * rows, 0, CODES).asDoubleStream().toArray());
    inputs.put("caption", TinyGenerator.reals(random, TensorType.f32(rows, PREFIX, 5)));
    inputs.put("mask", Arrays.copyOf(new double[] {0, 1, 1, 0, 0, 1}, rows * PREFIX));
    double[] expected = logits(full, inputs, stored);
    double[] nothing = expected;
    if (guided) {
      Map<String, double[]> without = new HashMap<>(inputs);
      double[] row = stored.get("null");
      double[] both = new double[rows * row.length];
      Arrays.setAll(both, i -> row[i % row.length]);
      without.put("caption", both);
      nothing = logits(full, without, stored);
    }

    GraphBuilder sb = new GraphBuilder();
    int token = sb.add(new Input("token", TensorType.i32(rows)));
    int position = sb.add(new Input("position", TensorType.i32()));
    SequenceAnalysis sequence = new SequenceAnalysis(full, new Decoding("codes", "codes", guided));
    Incremental.Part step = Incremental.step(sb, sequence, token, position);
    GraphBuilder pb = new GraphBuilder();
    Map<String, Integer> conditions = new HashMap<>();
    conditions.put("caption", pb.add(new Input("caption", TensorType.f32(rows, PREFIX, 5))));
    conditions.put(
        "mask", pb.add(new Input("mask", new TensorType(DType.BOOL, Shape.of(rows, PREFIX)))));
    Incremental.Part prefill = Incremental.prefill(pb, sequence, conditions, step.held());
    assertEquals(List.of(), step.problems());
    assertEquals(List.of(), prefill.problems());
    Graph first =
        Verifier.verified(
            pb.build("prefill", Map.of("logits", prefill.logits()), prefill.updates()));
    Graph next =
        Verifier.verified(sb.build("step", Map.of("logits", step.logits()), step.updates()));
    List<StorageDeclaration> caches = new ArrayList<>(prefill.caches());
    caches.addAll(step.caches());
    for (StorageDeclaration c : caches) {
      // What was there before must not matter.
      stored.put(c.name(), TinyGenerator.reals(random, c.type()));
    }

    Interpreter.Result r = Interpreter.run(first, Precision.AS_TYPED, inputs, stored);
    for (int i = 0; ; i++) {
      stored.putAll(r.updates());
      for (int row = 0; row < rows; row++) {
        check(expected, r.outputs().get("logits"), row, row, i);
        if (guided) {
          check(nothing, r.outputs().get("logits"), row, rows + row, i);
        }
      }
      if (i == LENGTH - 1) {
        break;
      }
      double[] tokens = new double[rows];
      int at = i;
      Arrays.setAll(tokens, k -> inputs.get("codes")[k * (LENGTH - 1) + at]);
      Map<String, double[]> now = Map.of("token", tokens, "position", new double[] {i});
      r = Interpreter.run(next, Precision.AS_TYPED, now, stored);
    }
  }

  private static double[] logits(
      Graph full, Map<String, double[]> inputs, Map<String, double[]> stored) {
    return Interpreter.run(full, Precision.AS_TYPED, inputs, stored).outputs().get("logits");
  }

  private static void check(double[] expected, double[] found, int row, int at, int position) {
    int from = (row * LENGTH + position) * CODES;
    assertArrayEquals(
        Arrays.copyOfRange(expected, from, from + CODES),
        Arrays.copyOfRange(found, at * CODES, (at + 1) * CODES),
        1e-5,
        "row " + row + " position " + position + ", seed " + SEED);
  }

  @Test
  void refusesWhatMixesPositionsAndNamesIt() {
    GraphBuilder b = new GraphBuilder();
    int codes = b.add(new Input("codes", TensorType.i32(ROWS, 5)));
    int x = b.unreduce(b.cast(codes, DType.F32), List.of(2), Shape.of(ROWS, 5, 4));
    int seen = b.add(new Attend(2, 2, 1, false, false, false), x, x, x);
    Graph g = b.build("codes", Map.of("logits", seen), Map.of());
    List<Problem> problems =
        new SequenceAnalysis(g, new Decoding("codes", "codes", false)).problems();
    assertEquals(1, problems.size());
    assertEquals("sees later positions", problems.getFirst().found());
    assertTrue(problems.getFirst().toString().contains("attend"));

    GraphBuilder c = new GraphBuilder();
    int drawn = c.add(new Input("codes", TensorType.i32(ROWS, 5)));
    int total = c.sum(c.cast(drawn, DType.F32), List.of(1));
    Graph h = c.build("codes", Map.of("logits", total), Map.of());
    assertEquals(
        "runs over the positions",
        new SequenceAnalysis(h, new Decoding("codes", "codes", false))
            .problems()
            .getFirst()
            .found());
  }
}
