package dev.lgc.compiler.pipeline;

import dev.lgc.compiler.build.EntryBuilder;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Graphs;
import dev.lgc.compiler.graph.Origin;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.plan.Declared;
import dev.lgc.compiler.rewrite.Incremental;
import dev.lgc.compiler.rewrite.Problem;
import dev.lgc.compiler.rewrite.Simplify;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.model.SourcePlace;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Derives a generator's prefill and step, with guidance and the sampler. */
final class Generation {
  private final Entry entry;
  private final Request.Generate request;
  private final Graph full;
  private final int rows;

  private Generation(Entry entry, Request.Generate request) {
    this.entry = entry;
    this.request = request;
    this.full = Simplify.all(EntryBuilder.graph(entry));
    this.rows = full.node(full.outputs().get("logits")).type().shape().dim(0);
  }

  /** The two steps and the caches they share; no steps where there are problems. */
  record Steps(List<Graph> graphs, List<Declared> caches, List<Problem> problems) {}

  static Steps derive(Entry entry, Request.Generate request) {
    return new Generation(entry, request).steps();
  }

  private Steps steps() {
    GraphBuilder sb = new GraphBuilder();
    int token = sb.add(new Input("token", TensorType.i32(rows)));
    int position = sb.add(new Input("position", TensorType.i32()));
    Incremental.Part step =
        Incremental.step(sb, full, entry.name(), request.guided(), token, position);
    GraphBuilder pb = new GraphBuilder();
    Incremental.Part prefill =
        Incremental.prefill(pb, full, entry.name(), request.guided(), conditions(pb), step.held());
    Set<Problem> problems = new LinkedHashSet<>(step.problems());
    problems.addAll(prefill.problems());
    if (!problems.isEmpty()) {
      return new Steps(List.of(), List.of(), List.copyOf(problems));
    }
    List<Graph> graphs = new ArrayList<>();
    graphs.add(finish(pb, ".prefill", prefill));
    graphs.add(finish(sb, ".step", step));
    Set<Declared> caches = new LinkedHashSet<>(prefill.caches());
    caches.addAll(step.caches());
    return new Steps(graphs, List.copyOf(caches), List.of());
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

  private Graph finish(GraphBuilder b, String suffix, Incremental.Part part) {
    SourcePlace where = entry.where();
    Map<String, Integer> outputs = new LinkedHashMap<>();
    b.at(
        new Origin(where, "", "sample"),
        () -> {
          sample(b, part.logits(), outputs);
          return null;
        });
    return b.build(entry.name() + suffix, outputs, part.updates());
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
