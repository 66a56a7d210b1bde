package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.Expr;
import dev.lgc.dsl.ast.FunctionDecl;
import dev.lgc.dsl.ast.Param;
import dev.lgc.dsl.ast.Stmt;
import dev.lgc.dsl.ast.TypeExpr;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.source.Span;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The entries of a model: forwards that can be called from outside, objectives, generators. */
final class Entries {
  private final Evaluator eval;
  private final Elaboration in;
  private final EntryInputs inputs;
  private final Objectives objectives;
  private final Generators generators;

  Entries(Evaluator eval) {
    this.eval = eval;
    this.in = eval.in;
    this.inputs = new EntryInputs(eval);
    this.objectives = new Objectives(eval, inputs);
    this.generators = new Generators(eval, inputs);
  }

  /**
   * Elaborates the forwards that nothing called and that are no entries, to find their mistakes.
   */
  void unused(Instance block) {
    inputs.setRoomy(true);
    for (Value.Forward f : block.forwards().values()) {
      if (!in.called.contains(f.declaration())) {
        guarded(() -> function(block, f), new ArrayList<>());
      }
    }
    inputs.setRoomy(false);
  }

  List<Entry> of(Instance model) {
    List<Entry> out = new ArrayList<>();
    for (Value.Forward f : model.forwards().values()) {
      guarded(() -> function(model, f), out);
    }
    for (Instance.Entrance e : model.entrances()) {
      switch (e.statement()) {
        case Stmt.Objective o -> {
          long before = in.faults();
          guarded(() -> Optional.of(objectives.training(model, o, e.scope())), out);
          if (in.faults() == before) {
            guarded(() -> Optional.of(objectives.evaluation(model, o, e.scope())), out);
          }
        }
        case Stmt.Generate g -> guarded(() -> Optional.of(generators.of(model, g, e.scope())), out);
        default -> throw new IllegalStateException("not an entrance");
      }
    }
    return out;
  }

  /** The objectives alone, in order. */
  List<Entry> objectives(Instance model) {
    List<Entry> out = new ArrayList<>();
    for (Instance.Entrance e : model.entrances()) {
      if (e.statement() instanceof Stmt.Objective o) {
        guarded(() -> Optional.of(objectives.training(model, o, e.scope())), out);
      }
    }
    return out;
  }

  private interface Builder {
    Optional<Entry> build();
  }

  private void guarded(Builder b, List<Entry> out) {
    try {
      b.build().ifPresent(out::add);
    } catch (Fault f) {
      in.report(f);
    } finally {
      in.enter(Optional.empty());
    }
  }

  private Optional<Entry> function(Instance model, Value.Forward f) {
    FunctionDecl d = f.declaration();
    Scope scope = f.scope().inside(model.block().name());
    List<List<Dim>> dims = new ArrayList<>();
    for (Param p : d.params()) {
      if (!(p.type() instanceof TypeExpr.Tensor t)) {
        return Optional.empty();
      }
      Optional<List<Dim>> known = inputs.dims(t, scope, false);
      if (known.isEmpty()) {
        return Optional.empty();
      }
      dims.add(known.get());
    }
    EntryBuilder e = new EntryBuilder(Entry.Kind.FUNCTION, in.dimensions);
    in.enter(Optional.of(e));
    List<Value.Arg> args = new ArrayList<>();
    for (int i = 0; i < d.params().size(); i++) {
      Param p = d.params().get(i);
      Value.Tensor t =
          e.input(
              p.name().text(),
              Elements.type((TypeExpr.Tensor) p.type()),
              dims.get(i),
              p.name().span());
      args.add(
          new Value.Arg(
              Optional.empty(), t, new Expr.Name(p.name().text(), p.name().span()), scope));
    }
    Value result = eval.binder.forward(model, f, args, Span.NONE);
    String name = d.name().text().isEmpty() ? "forward" : d.name().text();
    if (result instanceof Value.Items l) {
      for (int i = 0; i < l.values().size(); i++) {
        e.outputs.put(
            "result." + i, e.computed(eval.tensors.tensor(l.values().get(i), d.span()), result(d)));
      }
    } else {
      e.outputs.put("result", e.computed(eval.tensors.tensor(result, d.span()), result(d)));
    }
    return Optional.of(e.entry(name, List.of(), 0, d.name().span()));
  }

  /** The place of a function's result type, or of its name if it has none. */
  private static Span result(FunctionDecl d) {
    return d.results().isEmpty() ? d.name().span() : d.results().getFirst().span();
  }
}
