package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.Expr;
import dev.lgc.dsl.ast.Ident;
import dev.lgc.dsl.ast.Stmt;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.NearNames;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Intrinsic;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Generators to entries: logits of every position, and what stands for absent conditions. */
final class Generators {
  private final Elaboration in;

  /** The conditions of the generator being built, by name. */
  private final Map<String, Value.Tensor> conditions = new LinkedHashMap<>();

  /** The condition that a null without a name is for. */
  private Optional<String> first = Optional.empty();

  Generators(Elaboration in) {
    this.in = in;
  }

  Entry of(Instance model, Stmt.Generate g, Scope around) {
    EntryBuilder e = new EntryBuilder(Entry.Kind.GENERATE, in);
    in.enter(Optional.of(e));
    Scope scope = around.inside(model.block().name());
    int n = in.tensors.size(in.eval.integer(g.count(), scope), g.count().span());
    if (n < 1) {
      throw new Fault(
          Diagnostic.of(Code.INVALID_SIZE, g.count().span(), "there is nothing to generate")
              .withFound("0"));
    }
    Expr.Name b = new Expr.Name("b", g.name().span());
    int batch = in.inputs.dimension("b", g.name().span());
    Dim batchDim = Dim.of(batch, b, scope);
    if (scope.find("b").isEmpty()) {
      scope.declare(new Ident("b", g.name().span()), Scope.Kind.DIMENSION, new Value.Int(batch));
    }
    scope.declare(
        g.name(),
        Scope.Kind.INPUT,
        e.input(g.name().text(), DType.I32, List.of(batchDim, Dim.of(n - 1)), g.name().span()));
    for (Stmt.Given c : g.given()) {
      in.inputs.declare(e, c.name(), c.type(), Optional.of(batchDim), scope);
      conditions.put(
          c.name().text(), (Value.Tensor) scope.find(c.name().text()).orElseThrow().value());
    }
    first = g.given().stream().findFirst().map(c -> c.name().text());
    try {
      for (Stmt.Given c : g.given()) {
        if (c.nullValue().isPresent()) {
          nullOf(
              e,
              new Stmt.Null(c.nullName(), c.nullValue().get(), c.nullValue().get().span()),
              scope);
        }
      }
      Optional<Value> result = in.bodies.run(g.body(), scope);
      if (result.isEmpty()) {
        throw new Fault(
            Diagnostic.of(
                    Code.MISSING_RETURN, g.name().span(), "this generator ends without `return`")
                .withExpected("`return` of logits[b, " + n + ", codes]"));
      }
      Value.Tensor logits = in.tensors.tensor(result.get(), g.name().span());
      if (logits.dtype() != DType.F32
          || logits.rank() != 3
          || logits.dims().get(0).size() != batch
          || logits.dims().get(1).size() != n) {
        throw new Fault(
            Diagnostic.of(
                    Code.BAD_GENERATOR,
                    g.name().span(),
                    "the logits of this generator have the wrong shape")
                .withFound(in.tensors.show(logits))
                .withExpected(
                    "["
                        + in.tensors.show(batch)
                        + ", "
                        + n
                        + ", number of codes]: a row for every position"));
      }
      e.outputs.put("logits", e.computed(logits, g.name().span()));
      e.nulls.forEach((name, v) -> e.outputs.put(Entry.nullOutput(name), v.id()));
      return e.entry(g.name().text(), List.of(), n, g.name().span());
    } finally {
      conditions.clear();
    }
  }

  /** The value that a {@code null} statement gives a condition that a row goes without. */
  void nullOf(EntryBuilder e, Stmt.Null n, Scope scope) {
    String name = n.name().map(Ident::text).or(() -> first).orElse("");
    Value.Tensor like = conditions.get(name);
    if (like == null) {
      throw new Fault(
          Diagnostic.of(
                  Code.BAD_GENERATOR,
                  n.name().map(Ident::span).orElse(n.span()),
                  name.isEmpty()
                      ? "this generator has no condition"
                      : "this generator is not given `" + name + "`")
              .withNear(NearNames.of(name, conditions.keySet())));
    }
    Value.Tensor v =
        in.tensors.tensor(in.eval.eval(n.value(), scope), like.dtype(), n.value().span());
    int lead = like.rank() - v.rank();
    boolean fits = lead >= 0 && v.dtype() == like.dtype();
    for (int i = 0; fits && i < v.rank(); i++) {
      int have = v.dims().get(i).size();
      fits = have == 1 || have == like.dims().get(lead + i).size();
    }
    if (!fits) {
      throw new Fault(
          Diagnostic.of(
                  Code.BAD_GENERATOR, n.value().span(), "this null does not fit its condition")
              .withFound(in.tensors.show(v))
              .withExpected(in.tensors.show(like) + ", or what stretches to it"));
    }
    if (e.nulls.containsKey(name)) {
      throw new Fault(Diagnostic.of(Code.DUPLICATE_NAME, n.span(), "`" + name + "` has two nulls"));
    }
    e.computed(like, n.value().span());
    e.nulls.put(
        name,
        v.shape().equals(like.shape())
            ? v
            : in.tensors.emit(
                Intrinsic.BROADCAST, List.of(v), Map.of(), v.dtype(), like.dims(), n.span()));
  }
}
