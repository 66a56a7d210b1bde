package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.Expr;
import dev.lgc.dsl.ast.Ident;
import dev.lgc.dsl.ast.Stmt;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.type.DType;
import java.util.List;
import java.util.Optional;

/** Elaborates generators: logits of every position, and what stands for absent conditions. */
final class Generators {
  private final Evaluator eval;
  private final Elaboration in;
  private final EntryInputs inputs;

  Generators(Evaluator eval, EntryInputs inputs) {
    this.eval = eval;
    this.in = eval.in;
    this.inputs = inputs;
  }

  /** The entry that gives the logits of all positions. */
  Entry of(Instance model, Stmt.Generate g, Scope around) {
    EntryBuilder e = new EntryBuilder(Entry.Kind.GENERATE, in.dimensions);
    in.enter(Optional.of(e));
    Scope scope = around.inside(model.block().name());
    int n = eval.tensors.size(eval.integer(g.count(), scope), g.count().span());
    if (n < 1) {
      throw new Fault(
          Diagnostic.of(Code.INVALID_SIZE, g.count().span(), "there is nothing to generate")
              .withFound("0"));
    }
    Expr.Name b = new Expr.Name("b", g.name().span());
    int batch = inputs.dimension("b", g.name().span());
    Dim batchDim = Dim.of(batch, b, scope);
    if (scope.find("b").isEmpty()) {
      scope.declare(new Ident("b", g.name().span()), Scope.Kind.DIMENSION, new Value.Int(batch));
    }
    scope.declare(
        g.name(),
        Scope.Kind.INPUT,
        e.input(g.name().text(), DType.I32, List.of(batchDim, Dim.of(n - 1)), g.name().span()));
    for (Stmt.Given c : g.given()) {
      inputs.declare(e, c.name(), c.type(), Optional.of(batchDim), scope);
      e.conditions.put(
          c.name().text(), (Value.Tensor) scope.find(c.name().text()).orElseThrow().value());
    }
    for (Stmt.Given c : g.given()) {
      if (c.nullValue().isPresent()) {
        eval.bodies.nullOf(
            e, new Stmt.Null(c.nullName(), c.nullValue().get(), c.nullValue().get().span()), scope);
      }
    }
    Optional<Value> result = eval.bodies.run(g.body(), scope);
    if (result.isEmpty()) {
      throw new Fault(
          Diagnostic.of(
                  Code.MISSING_RETURN, g.name().span(), "this generator ends without `return`")
              .withExpected("`return` of logits[b, " + n + ", codes]"));
    }
    Value.Tensor logits = eval.tensors.tensor(result.get(), g.name().span());
    if (logits.dtype() != DType.F32
        || logits.rank() != 3
        || logits.dims().get(0).size() != batch
        || logits.dims().get(1).size() != n) {
      throw new Fault(
          Diagnostic.of(
                  Code.BAD_GENERATOR,
                  g.name().span(),
                  "the logits of this generator have the wrong shape")
              .withFound(in.dimensions.show(logits))
              .withExpected(
                  "["
                      + in.dimensions.show(batch)
                      + ", "
                      + n
                      + ", number of codes]: a row for every position"));
    }
    e.outputs.put("logits", e.computed(logits, g.name().span()));
    e.nulls.forEach((name, v) -> e.outputs.put(Entry.nullOutput(name), v.id()));
    return e.entry(g.name().text(), List.of(), n, g.name().span());
  }
}
