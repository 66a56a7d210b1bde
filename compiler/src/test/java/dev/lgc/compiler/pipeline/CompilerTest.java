package dev.lgc.compiler.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.emit.interp.Interpreter;
import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.Graphs;
import dev.lgc.compiler.graph.Verifier;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Slot;
import dev.lgc.compiler.rewrite.Problem;
import dev.lgc.compiler.rewrite.storage.StorageDeclaration;
import dev.lgc.dsl.check.Language;
import dev.lgc.dsl.diagnostic.Outcome;
import dev.lgc.dsl.diagnostic.Renderer;
import dev.lgc.dsl.model.CheckedModel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("backend")
class CompilerTest {
  private static final String SOURCE =
      """
      model Tiny(mask: bool = true) {
        param table: [5, 8] = normal(1.0)
        param unused: [3, 3] = ones
        param start: [4, 8] = normal(1.0)
        forward logits(drawn: int[b, n], label: int[b]) -> [b, n + 1, 5] {
          let x = concat([reshape(gather(start, label), [b, 1, 8]), gather(table, drawn)], axis: 1)
          let y = if mask then attend(x, x, x, heads: 2, kv_heads: 2, mask: causal)
                  else attend(x, x, x, heads: 2, kv_heads: 2, mask: none)
          return linear(dropout(y, 0.5), table)
        }
        objective next(codes: int[b, 6], label: int[b]) {
          let l = logits(codes[:, :-1], label)
          minimize mean(logsumexp(l, axis: -1) - pick(l, codes))
        }
        generate codes[6] given label: int[b] {
          null label: 3
          return logits(codes, label)
        }
      }
      """;
  private static final Request.Optimizer ADAM =
      new Request.Optimizer(0.9, 0.95, 1e-8, 0.05, 1, true);

  /** Products with something cheap between them. */
  private static final String DEEP =
      """
      model Deep() {
        param first: [16, 16] = normal(1.0)
        param second: [16, 16] = normal(1.0)
        param third: [16, 16] = normal(1.0)
        param fourth: [16, 16] = normal(1.0)
        objective fit(x: [b, 16]) {
          let y = linear(silu(linear(silu(linear(silu(linear(x, first)), second)), third)), fourth)
          minimize mean(y * y)
        }
      }
      """;

  private static CheckedModel model(Map<String, String> parameters) {
    return model(SOURCE, "Tiny", parameters, 2);
  }

  private static CheckedModel model(
      String source, String name, Map<String, String> parameters, int batch) {
    Outcome<CheckedModel> model =
        Language.parse("tiny.arch", source)
            .then(l -> l.elaborate(name, parameters, Map.of("b", batch)));
    assertTrue(model.isOk(), () -> Renderer.plain(model.diagnostics()));
    return model.get();
  }

  private static final List<Request> ALL =
      List.of(
          new Request.Initialise(),
          new Request.Train("next", ADAM, true),
          new Request.Generate("codes", true, true, true));

  @Test
  void everyRequestBecomesItsSteps() {
    Derived d = Compiler.derive(model(Map.of()), ALL);
    assertEquals(
        List.of(
            "next.gradients",
            "next.accumulate",
            "next.update",
            "next.loss",
            "codes.prefill",
            "codes.step",
            "init"),
        d.graphs().stream().map(Graph::name).toList());
    d.graphs().forEach(Verifier::verified);
    assertEquals(
        List.of("token", "position", "guidance", "temperature", "top_k", "top_p", "key"),
        List.copyOf(Graphs.inputs(d.graph("codes.step")).keySet()));
    assertTrue(Graphs.inputs(d.graph("next.gradients")).containsKey("key"), "dropout draws");
  }

  @Test
  void parametersThatTheLossDoesNotReachAreLeftAlone() {
    Derived d = Compiler.derive(model(Map.of()), ALL);
    List<String> keys = d.stored().stream().map(StorageDeclaration::name).toList();
    assertTrue(keys.contains("unused"));
    assertTrue(keys.contains("gradient:table"));
    assertTrue(!keys.contains("gradient:unused"), keys.toString());
  }

  @Test
  void accumulatingAddsToTheGradients() {
    Derived d = Compiler.derive(model(Map.of()), ALL);
    Map<String, double[]> stored = new HashMap<>();
    d.stored().forEach(s -> stored.put(s.name(), new double[(int) s.type().shape().elements()]));
    Map<String, double[]> inputs =
        Map.of(
            "key", new double[] {1, 0, 0, 0},
            "codes", new double[] {0, 1, 2, 3, 4, 0, 1, 1, 2, 2, 3, 3},
            "label", new double[] {0, 2});
    stored.putAll(run(d.graph("init"), inputs, stored));
    stored.putAll(run(d.graph("next.gradients"), inputs, stored));
    double once = stored.get("gradient:table")[3];
    stored.putAll(run(d.graph("next.accumulate"), inputs, stored));
    assertEquals(2 * once, stored.get("gradient:table")[3], 1e-6);
    assertTrue(once != 0);
  }

  @Test
  void trainingStaysBelowAMemoryLimitOrIsRefusedWithTheLeastItTakes() {
    CheckedModel model = model(DEEP, "Deep", Map.of(), 4096);
    List<List<Request>> training = List.of(Request.training(List.of("fit"), ADAM, false));
    long usual = Compiler.compileAll(model, training).getFirst().totalBytes();
    MemoryLimitException refused =
        assertThrows(MemoryLimitException.class, () -> compile(model, training, usual / 100));
    assertEquals(usual / 100, refused.limit());
    long least = refused.least();
    assertTrue(least < usual, least + " and " + usual);
    for (long limit : List.of(least, (least + usual) / 2, usual)) {
      long taken = compile(model, training, limit).totalBytes();
      assertTrue(taken <= limit, taken + " of " + limit);
    }
  }

  private static ExecutionPlan compile(CheckedModel model, List<List<Request>> all, long memory) {
    return Compiler.compileAll(model, all, memory, PassObserver.NONE).getFirst();
  }

  private static Map<String, double[]> run(
      Graph g, Map<String, double[]> inputs, Map<String, double[]> stored) {
    return Interpreter.run(g, Precision.AS_TYPED, inputs, stored).updates();
  }

  @Test
  void aGeneratorThatSeesLaterCodesIsRefusedWithItsPlace() {
    Derived d = Compiler.derive(model(Map.of("mask", "false")), ALL);
    Problem p = d.problems().getFirst();
    assertEquals("attend", p.operation());
    assertTrue(p.found().startsWith("sees later positions, so that the logits of code 0 "));
    assertEquals("tiny.arch:8:18", p.where().toString());
    assertThrows(
        UnfitModelException.class, () -> Compiler.compile(model(Map.of("mask", "false")), ALL));
  }

  @Test
  void unknownEntriesAreNamed() {
    List<Request> requests = List.of(new Request.Evaluate("decode"));
    String message =
        assertThrows(NoSuchElementException.class, () -> Compiler.derive(model(Map.of()), requests))
            .getMessage();
    assertEquals("Tiny has no entry decode", message);
  }

  /** What one objective gives another is of no use to that for batches of another size. */
  private static final String EXPORTING =
      """
      model Two() {
        param scale: [4, 4] = ones
        param shift: [4, 4] = zeros
        objective first(x: [b, 4]) over scale {
          let y = linear(x, scale)
          export y_mean = mean(y)
          minimize mean(y * y)
        }
        objective second(x: [b, 4], y_mean: []) over shift {
          let z = linear(x, shift)
          minimize mean(z * z) * y_mean
        }
      }
      """;

  private static CheckedModel exporting(int batch) {
    return model(EXPORTING, "Two", Map.of(), batch);
  }

  @Test
  void objectivesAreTrainedWithBatchesOfSeveralSizes() {
    List<Request> requests = new ArrayList<>();
    for (String objective : List.of("first", "second")) {
      Request.Train train = new Request.Train(objective, ADAM, false);
      requests.addAll(List.of(train, new Request.ForBatch(3, train)));
    }
    ExecutionPlan both = Compiler.compile(exporting(8), CompilerTest::exporting, requests);
    assertEquals(
        List.of(
            "first.gradients",
            "first.update",
            "first.loss",
            "first@3.gradients",
            "first@3.loss",
            "second.gradients",
            "second.update",
            "second.loss",
            "second@3.gradients",
            "second@3.loss"),
        List.copyOf(both.steps().keySet()));
    Slot large = both.step("second.gradients").inputs().get("y_mean");
    Slot small = both.step("second@3.gradients").inputs().get("y_mean");
    assertEquals(both.step("first.loss").outputs().get("y_mean"), large);
    assertEquals(both.step("first@3.loss").outputs().get("y_mean"), small);
    assertNotEquals(large, small);
    ExecutionPlan one =
        Compiler.compile(
            exporting(8), requests.stream().filter(r -> r instanceof Request.Train).toList());
    assertEquals(one.storage(), both.storage());
  }

  @Test
  void onlyWhatReadsSamplesIsAskedForByTheSizeOfABatch() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new Request.ForBatch(3, new Request.MixedPrecision()));
    List<Request> requests = List.of(new Request.ForBatch(3, new Request.Loss("first")));
    String unknown =
        assertThrows(IllegalArgumentException.class, () -> Compiler.compile(exporting(8), requests))
            .getMessage();
    assertEquals("a request for batches of 3 has no model", unknown);
    String other =
        assertThrows(
                IllegalArgumentException.class,
                () -> Compiler.compile(exporting(8), b -> model(Map.of()), requests))
            .getMessage();
    assertEquals("Two and Tiny for batches of 3 store different tensors", other);
  }

  /** A row of 50,001 read as one of 50,000: the element's number is divided, in 32 bits. */
  @Test
  void positionsThatThirtyTwoBitsDoNotHoldAreRefusedWithTheirPlace() {
    String source =
        """
        model Large(rows: int = 1, width: int = 1) {
          param row: [width] = ones
          param column: [rows] = ones
          forward turned(x: [rows, width]) -> [width, rows] {
            return reshape(x * row, [width, rows]) * column
          }
        }
        """;
    UnfitModelException refused =
        assertThrows(UnfitModelException.class, () -> compiled(source, 50000, 50001));
    Problem p = refused.problems().getFirst();
    assertTrue(p.where().toString().startsWith("m.arch"), refused.getMessage());
    assertTrue(p.found().contains("2500049999"), refused.getMessage());
    compiled(source, 40000, 40001);
  }

  private static void compiled(String source, int rows, int width) {
    CheckedModel m =
        Language.parse("m.arch", source)
            .then(
                l -> l.elaborate("Large", Map.of("rows", "" + rows, "width", "" + width), Map.of()))
            .get();
    Compiler.compile(m, List.of(new Request.Evaluate("turned")));
  }
}
