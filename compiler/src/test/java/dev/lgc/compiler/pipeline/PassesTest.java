package dev.lgc.compiler.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.emit.jvm.JvmFusion;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.op.Composite;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.op.Softmax;
import dev.lgc.compiler.plan.Planner;
import dev.lgc.compiler.plan.StepGraph;
import dev.lgc.compiler.plan.StepId;
import dev.lgc.compiler.plan.StepId.Kind;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("pure")
final class PassesTest {
  private static final PassOptions PLAIN =
      PassOptions.of(List.of(), Long.MAX_VALUE, new Planner(JvmFusion.LIMITS));

  private static List<String> names(Kind kind) {
    return Passes.of(kind).stream().map(Pass::name).toList();
  }

  @Test
  void stepsThatTrainAreNeverQuantizedAndKeepNoMoreThanFits() {
    Set<String> storage = Set.of("pack-weights", "quantize-weights", "quantize-caches");
    Set<String> training = Set.of("mixed-precision", "rematerialize");
    for (Kind trains : List.of(Kind.GRADIENTS, Kind.ACCUMULATE, Kind.REDUCE)) {
      assertTrue(names(trains).containsAll(training), trains.name());
      assertTrue(Collections.disjoint(names(trains), storage), trains.name());
    }
    for (Kind reads : List.of(Kind.STEP, Kind.EVALUATE)) {
      assertTrue(names(reads).containsAll(storage), reads.name());
      assertTrue(Collections.disjoint(names(reads), training), reads.name());
    }
  }

  /** The orders that the reasons of passes speak of. */
  @Test
  void wholeOperationsAreReadBeforeTheyAreDecomposedAndTheFinalGraphBeforeItIsRematerialized() {
    List<String> all = Passes.ALL.stream().map(Pass::name).toList();
    for (String whole :
        List.of("mixed-precision", "pack-weights", "quantize-weights", "quantize-caches")) {
      assertTrue(all.indexOf("simplify") < all.indexOf(whole), whole);
      assertTrue(all.indexOf(whole) < all.indexOf("decompose"), whole);
    }
    assertTrue(all.indexOf("pack-weights") < all.indexOf("quantize-weights"));
    assertTrue(all.indexOf("decompose") < all.indexOf("simplify-primitives"));
    assertTrue(all.indexOf("simplify-primitives") < all.indexOf("split-reductions"));
    assertEquals(all.indexOf("simplify") + 1, all.indexOf("constant-tables"));
    assertEquals(all.indexOf("simplify-primitives") + 1, all.indexOf("constant-tables-primitives"));
    assertEquals(
        List.of("rematerialize", "rank-collectives"), all.subList(all.size() - 2, all.size()));
  }

  @Test
  void everyPassHasANameOfItsOwnAReasonAndSteps() {
    Set<String> names = Passes.ALL.stream().map(Pass::name).collect(Collectors.toSet());
    assertEquals(Passes.ALL.size(), names.size());
    for (Pass p : Passes.ALL) {
      assertFalse(p.reason().isBlank(), p.name());
      assertFalse(p.kinds().isEmpty(), p.name());
      assertEquals(p, Passes.named(p.name()).orElseThrow());
      assertTrue(PassTrace.passes().contains(p.name() + System.lineSeparator()));
    }
  }

  private static Graph softmax(String name) {
    GraphBuilder b = new GraphBuilder();
    int x = b.add(new Input("x", TensorType.f32(4, 8)));
    return b.build(name, Map.of("y", b.add(new Softmax(1), x)), Map.of());
  }

  private static Derived derived(Graph... graphs) {
    return new Derived(
        null,
        List.of(graphs).stream().map(StepGraph::of).toList(),
        List.of(),
        List.of(),
        List.of());
  }

  @Test
  void aPassRunsOnceOverAGraphThatSeveralPlansHave() {
    List<String> seen = Collections.synchronizedList(new ArrayList<>());
    PassDriver driver =
        new PassDriver((pass, before, after, nanos) -> seen.add(pass.name() + " " + before.name()));
    Graph shared = softmax("shared");
    List<Pass> decompose = List.of(Passes.named("decompose").orElseThrow());
    Derived first = driver.run(decompose, derived(shared, softmax("own")), PLAIN);
    Derived second = driver.run(decompose, derived(shared), PLAIN);
    assertEquals(List.of("decompose own", "decompose shared"), seen.stream().sorted().toList());
    assertSame(first.graph("shared"), second.graph("shared"));
    for (Node n : first.graph("own").nodes()) {
      assertFalse(n.op() instanceof Composite, n.op().name());
    }
  }

  @Test
  void whatAPassLeavesIsVerified() {
    Pass wrong =
        new Pass.EachStep(
            "wrong",
            "to be found out",
            Set.of(Kind.EVALUATE),
            o -> true,
            g -> new Graph(g.name(), List.of(g.node(0), g.node(1)), Map.of("y", 7), Map.of()));
    PassDriver driver = new PassDriver(PassObserver.NONE);
    Derived d = derived(softmax("s"));
    IllegalStateException e =
        assertThrows(IllegalStateException.class, () -> driver.run(List.of(wrong), d, PLAIN));
    assertTrue(e.getMessage().startsWith("wrong left s: "), e.getMessage());
  }

  /** Where steps have to agree, those that a pass is not over keep their graphs. */
  @Test
  void aPassOverAllStepsLeavesTheOthersAlone() {
    Pass wrong =
        new Pass.AllSteps(
            "greedy",
            "to be found out",
            Set.of(Kind.STEP),
            o -> true,
            (d, o) -> d.with(List.of(StepGraph.of(softmax("s")), d.steps().get(1))));
    Graph other = new GraphBuilder().build("s", Map.of(), Map.of());
    PassDriver driver = new PassDriver(PassObserver.NONE);
    IllegalStateException e =
        assertThrows(
            IllegalStateException.class,
            () -> driver.run(List.of(wrong), derived(other, softmax("codes.step")), PLAIN));
    assertEquals("greedy changed s", e.getMessage());
  }

  @Test
  void aTraceIsTheSameInWhateverOrderStepsWereDone() {
    PassTrace one = new PassTrace();
    PassTrace two = new PassTrace();
    Pass pass = Passes.named("decompose").orElseThrow();
    Graph a = softmax("a");
    Graph b = softmax("b");
    one.passed(pass, a, a, 1);
    one.passed(pass, b, softmax("b"), 2);
    two.passed(pass, b, b, 2);
    two.passed(pass, a, a, 1);
    two.passed(pass, a, a, 1); // of another plan
    assertEquals(one.graphs(pass, ""), two.graphs(pass, ""));
  }

  @Test
  void aTraceSaysWhatAPassLeftOrThatItChangedNothing() {
    PassTrace trace = new PassTrace();
    PassDriver driver = new PassDriver(trace);
    driver.run(Passes.LOWERING, derived(softmax("s")), PLAIN);
    String decomposed = trace.graphs(Passes.named("decompose").orElseThrow(), "");
    assertTrue(decomposed.startsWith("after decompose, s: 2 -> "), decomposed);
    assertTrue(decomposed.contains("exp"), decomposed);
    String split = trace.graphs(Passes.named("split-reductions").orElseThrow(), "s");
    assertTrue(split.startsWith("after split-reductions, s: unchanged, "), split);
    List<String> lowering = Passes.LOWERING.stream().map(Pass::name).toList();
    String of = trace.graphs(Passes.named("mixed-precision").orElseThrow(), "");
    assertEquals("mixed-precision does not run for any step" + System.lineSeparator(), of);
    assertEquals(
        1 + names(Kind.EVALUATE).stream().filter(lowering::contains).count(),
        trace.times().lines().count(),
        trace.times());
  }

  @Test
  void namesOfStepsAreTheirIdentities() {
    for (Kind k : Kind.values()) {
      StepId id =
          switch (k) {
            case INITIALISE -> StepId.INITIALISE;
            case COMBINE -> StepId.combine("a.b", 12);
            case EVALUATE, GRADIENTS, ACCUMULATE, REDUCE, UPDATE, LOSS, PREFILL, STEP ->
                new StepId("a.b", k);
          };
      assertEquals(id, StepId.of(id.name()));
      if (k.hasBatch()) {
        StepId sized = id.forBatch(OptionalInt.of(8));
        assertEquals(sized, StepId.of(sized.name()));
        assertNotEquals(id, sized);
      } else {
        assertThrows(IllegalArgumentException.class, () -> id.forBatch(OptionalInt.of(8)));
      }
    }
    assertEquals("codes@8.step", StepId.step("codes").forBatch(OptionalInt.of(8)).name());
    assertEquals("next_token.gradients", StepId.gradients("next_token").name());
    assertEquals("next_token.combine3", StepId.combine("next_token", 3).name());
    assertEquals(StepId.evaluate("decode"), StepId.of("decode"));
    for (String entry : List.of("a.combine", "a.combine123", "a.combine1x", "combine1")) {
      assertEquals(StepId.evaluate(entry), StepId.of(entry));
    }
    assertThrows(IllegalArgumentException.class, () -> new StepId("a", Kind.COMBINE));
    assertThrows(IllegalArgumentException.class, () -> StepId.combine("a", 32));
    assertThrows(IllegalArgumentException.class, () -> StepId.step(""));
  }
}
