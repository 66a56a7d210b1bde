package dev.lgc.compiler.pipeline;

import dev.lgc.compiler.build.EntryBuilder;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Graphs;
import dev.lgc.compiler.graph.Origin;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.plan.StepGraph;
import dev.lgc.compiler.plan.StepId;
import dev.lgc.compiler.rewrite.Causality;
import dev.lgc.compiler.rewrite.Decoding;
import dev.lgc.compiler.rewrite.Incremental;
import dev.lgc.compiler.rewrite.Problem;
import dev.lgc.compiler.rewrite.SequenceAnalysis;
import dev.lgc.compiler.rewrite.WholeSequence;
import dev.lgc.compiler.rewrite.storage.StorageDeclaration;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.model.SourcePlace;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Derives a generator's prefill and step, with guidance and the sampler. */
final class Generation {
  private final Entry entry;
  private final Request.Generate request;
  private final Decoding decoding;
  private final StepId prefillId;
  private final StepId stepId;
  private final Graph full;
  private final int rows;

  private Generation(Entry entry, Request.Generate request, OptionalInt batch, PassDriver passes) {
    this.entry = entry;
    this.request = request;
    this.prefillId = StepId.prefill(entry.name()).forBatch(batch);
    this.stepId = StepId.step(entry.name()).forBatch(batch);
    this.decoding = new Decoding(entry.name(), stepId.owner(), request.guided());
    this.full = passes.simplified(EntryBuilder.graph(entry));
    this.rows = full.node(full.outputs().get("logits")).type().shape().dim(0);
  }

  /**
   * The two steps' graphs, not simplified yet, and the caches they share; no steps where there are
   * problems.
   *
   * @param uncached why each step computes the whole sequence; empty where it computes one position
   */
  record Steps(
      List<StepGraph> graphs,
      List<StorageDeclaration> caches,
      List<Problem> problems,
      List<Problem> uncached) {}

  /**
   * Derives the steps.
   *
   * @param batch the size in the names of the steps and the caches, if they have one
   */
  static Steps derive(Entry entry, Request.Generate request, OptionalInt batch, PassDriver passes) {
    return new Generation(entry, request, batch, passes).steps();
  }

  /** With guidance where there are nulls, and without a filter. */
  private static Generation of(Entry entry) {
    Request.Generate request = new Request.Generate(entry.name(), entry.hasNulls(), false, false);
    PassDriver passes = new PassDriver(PassObserver.NONE);
    return new Generation(entry, request, OptionalInt.empty(), passes);
  }

  /** Returns true if steps can compute one position each. */
  static boolean isCached(Entry entry) {
    Optional<RepeatedLayers.Shortened> some = RepeatedLayers.shortened(entry);
    if (some.isPresent()) {
      // Where this says no, it may be for what layers hand on although nothing looks at it.
      Cached two = of(some.get().entry()).cached();
      if (two.problems().isEmpty() && two.sequence().haveSameAxes(some.get().handedOn())) {
        return true;
      }
    }
    return of(entry).cached().problems().isEmpty();
  }

  /** The steps, for inspection only. */
  static Steps derive(Entry entry) {
    return of(entry).steps();
  }

  /** One position a step if that can be derived, else the whole sequence if that is sound. */
  private Steps steps() {
    List<Problem> draws = Causality.draws(full);
    if (!draws.isEmpty()) {
      return new Steps(List.of(), List.of(), draws, List.of());
    }
    Cached cached = cached();
    List<Problem> problems = cached.problems();
    return problems.isEmpty()
        ? steps(cached.pb(), cached.prefill(), cached.sb(), cached.step(), List.of())
        : Causality.problem(full, entry.name(), problems)
            .map(p -> new Steps(List.of(), List.of(), List.of(p), List.of()))
            .orElseGet(() -> whole(problems));
  }

  /** The prefill and the step of one position each, in their builders. */
  private record Cached(
      SequenceAnalysis sequence,
      GraphBuilder pb,
      Incremental.Part prefill,
      GraphBuilder sb,
      Incremental.Part step) {
    List<Problem> problems() {
      return Generation.problems(step, prefill);
    }
  }

  private Cached cached() {
    SequenceAnalysis sequence = new SequenceAnalysis(full, decoding);
    GraphBuilder sb = new GraphBuilder();
    int token = sb.add(new Input("token", TensorType.i32(rows)));
    int position = sb.add(new Input("position", TensorType.i32()));
    Incremental.Part step = Incremental.step(sb, sequence, token, position);
    GraphBuilder pb = new GraphBuilder();
    Incremental.Part prefill = Incremental.prefill(pb, sequence, conditions(pb), step.held());
    return new Cached(sequence, pb, prefill, sb, step);
  }

  /** Steps that compute the whole sequence, for reasons that are given. */
  private Steps whole(List<Problem> reasons) {
    GraphBuilder sb = new GraphBuilder();
    int token = sb.add(new Input("token", TensorType.i32(rows)));
    int position = sb.add(new Input("position", TensorType.i32()));
    Incremental.Part step = WholeSequence.step(sb, full, decoding, token, position);
    GraphBuilder pb = new GraphBuilder();
    Incremental.Part prefill = WholeSequence.prefill(pb, full, decoding);
    List<Problem> problems = problems(step, prefill);
    return problems.isEmpty()
        ? steps(pb, prefill, sb, step, entry.generated() > 1 ? reasons : List.of())
        : new Steps(List.of(), List.of(), problems, List.of());
  }

  private static List<Problem> problems(Incremental.Part step, Incremental.Part prefill) {
    Set<Problem> problems = new LinkedHashSet<>(step.problems());
    problems.addAll(prefill.problems());
    return List.copyOf(problems);
  }

  private Steps steps(
      GraphBuilder pb,
      Incremental.Part prefill,
      GraphBuilder sb,
      Incremental.Part step,
      List<Problem> uncached) {
    List<StepGraph> graphs = List.of(finish(pb, prefillId, prefill), finish(sb, stepId, step));
    Set<StorageDeclaration> caches = new LinkedHashSet<>(prefill.caches());
    caches.addAll(step.caches());
    return new Steps(graphs, List.copyOf(caches), List.of(), uncached);
  }

  private Map<String, Integer> conditions(GraphBuilder b) {
    Map<String, Integer> conditions = new LinkedHashMap<>();
    Graphs.inputs(full)
        .forEach(
            (name, type) -> {
              if (!name.equals(entry.name())) {
                conditions.put(name, b.add(new Input(name, type)));
              }
            });
    return conditions;
  }

  private StepGraph finish(GraphBuilder b, StepId id, Incremental.Part part) {
    SourcePlace where = entry.where();
    Map<String, Integer> outputs = new LinkedHashMap<>();
    b.at(
        new Origin(where, "", "sample"),
        () -> {
          sample(b, part.logits(), outputs);
          return null;
        });
    return new StepGraph(id, b.build(id.name(), outputs, part.updates()));
  }

  private void sample(GraphBuilder b, int whole, Map<String, Integer> outputs) {
    Shape s = b.type(whole).shape();
    int logits = b.reshape(whole, s.dim(0), s.dim(2));
    if (request.guided()) {
      logits = Sampling.guide(b, logits, scalar(b, "guidance", DType.F32));
    }
    int temperature = scalar(b, "temperature", DType.F32);
    int tempered = Sampling.temper(b, Sampling.exposeNaN(b, logits), temperature);
    if (request.topK()) {
      tempered = Sampling.topK(b, tempered, scalar(b, "top_k", DType.I32));
    }
    if (request.topP()) {
      tempered = Sampling.topP(b, tempered, scalar(b, "top_p", DType.F32));
    }
    int key = b.add(new Input(EntryBuilder.KEY, TensorType.i32(rows, 4)));
    outputs.put("token", Sampling.draw(b, tempered, temperature, key));
    outputs.put("logits", logits);
  }

  private static int scalar(GraphBuilder b, String name, DType dtype) {
    return b.add(new Input(name, new TensorType(dtype, Shape.SCALAR)));
  }
}
