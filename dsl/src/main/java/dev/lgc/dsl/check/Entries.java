package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.Expr;
import dev.lgc.dsl.ast.FunctionDecl;
import dev.lgc.dsl.ast.Ident;
import dev.lgc.dsl.ast.Param;
import dev.lgc.dsl.ast.PathPattern;
import dev.lgc.dsl.ast.Stmt;
import dev.lgc.dsl.ast.TypeExpr;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.NearNames;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.model.Storage;
import dev.lgc.dsl.source.Span;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Intrinsic;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The entries of a model: forwards that can be called from outside, objectives, generators. */
final class Entries {
  private final Elaboration in;
  private final Map<String, TensorType> exported = new HashMap<>();
  private boolean roomy;

  Entries(Elaboration in) {
    this.in = in;
  }

  /**
   * Elaborates the forwards that nothing called and that are no entries, to find their mistakes.
   */
  void unused(Instance block) {
    roomy = true;
    for (Value.Forward f : block.forwards().values()) {
      if (!in.called.contains(f.declaration())) {
        guarded(() -> function(block, f), new ArrayList<>());
      }
    }
    roomy = false;
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
          guarded(() -> Optional.of(objective(model, o, e.scope(), false)), out);
          if (in.faults() == before) {
            guarded(() -> Optional.of(evaluation(objective(model, o, e.scope(), true))), out);
          }
        }
        case Stmt.Generate g -> guarded(() -> Optional.of(generator(model, g, e.scope())), out);
        default -> throw new IllegalStateException("not an entrance");
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

  /**
   * The input's dimensions; empty if a name that is no batch is free and {@code strict} is not set.
   */
  private Optional<List<Dim>> dims(TypeExpr.Tensor t, Scope scope, boolean strict) {
    List<Dim> out = new ArrayList<>();
    if (t.leading()) {
      if (strict) {
        throw new Fault(
            Diagnostic.of(Code.UNBOUND_DIMENSION, t.span(), "an input's dimensions must be named")
                .withFound("*"));
      }
      if (!roomy) {
        return Optional.empty();
      }
      for (String name : List.of("*", "**")) {
        int size = in.dimensions.roomy(name);
        in.tensors.nameSize(size, "*");
        out.add(Dim.of(size));
      }
    }
    for (Expr e : t.dims()) {
      if (e instanceof Expr.Name n
          && scope.find(n.name()).isEmpty()
          && in.global(scope.module(), n.name(), n.span()).isEmpty()) {
        if (!strict && !roomy && !in.dimensions.isBatch(n.name())) {
          return Optional.empty();
        }
        int size = dimension(n.name(), n.span());
        scope.declare(new Ident(n.name(), n.span()), Scope.Kind.DIMENSION, new Value.Int(size));
      }
      try {
        out.add(Dim.of(in.tensors.size(in.eval.integer(e, scope), e.span()), e, scope));
      } catch (Fault f) {
        if (strict) {
          throw f;
        }
        return Optional.empty();
      }
    }
    return Optional.of(out);
  }

  private int dimension(String name, Span at) {
    if (roomy) {
      int size = in.dimensions.roomy(name);
      in.tensors.nameSize(size, name);
      return size;
    }
    int size =
        in.dimensions
            .size(name)
            .orElseThrow(
                () ->
                    new Fault(
                        Diagnostic.of(
                                Code.UNBOUND_DIMENSION,
                                at,
                                "the dimension `" + name + "` has no value")
                            .withHint(
                                "only the batch `b` has one by itself; make this a parameter of the"
                                    + " model")));
    if (in.dimensions.isSymbolic()) {
      in.tensors.nameSize(size, name);
    }
    return size;
  }

  private Optional<Entry> function(Instance model, Value.Forward f) {
    FunctionDecl d = f.declaration();
    Scope scope = f.scope().inside(model.block().name());
    List<List<Dim>> dims = new ArrayList<>();
    for (Param p : d.params()) {
      if (!(p.type() instanceof TypeExpr.Tensor t)) {
        return Optional.empty();
      }
      Optional<List<Dim>> known = dims(t, scope, false);
      if (known.isEmpty()) {
        return Optional.empty();
      }
      dims.add(known.get());
    }
    EntryBuilder e = new EntryBuilder(Entry.Kind.FUNCTION, in);
    in.enter(Optional.of(e));
    List<Value.Arg> args = new ArrayList<>();
    for (int i = 0; i < d.params().size(); i++) {
      Param p = d.params().get(i);
      Value.Tensor t =
          e.input(
              p.name().text(),
              Signature.element((TypeExpr.Tensor) p.type()),
              dims.get(i),
              p.name().span());
      args.add(
          new Value.Arg(
              Optional.empty(), t, new Expr.Name(p.name().text(), p.name().span()), scope));
    }
    Value result = in.binder.forward(model, f, args, Span.NONE);
    String name = d.name().text().isEmpty() ? "forward" : d.name().text();
    if (result instanceof Value.Items l) {
      for (int i = 0; i < l.values().size(); i++) {
        e.outputs.put(
            "result." + i, e.computed(in.tensors.tensor(l.values().get(i), d.span()), result(d)));
      }
    } else {
      e.outputs.put("result", e.computed(in.tensors.tensor(result, d.span()), result(d)));
    }
    return Optional.of(entry(name, e, List.of(), 0, d.name().span()));
  }

  /** Where a function says what it returns, or its name. */
  private static Span result(FunctionDecl d) {
    return d.results().isEmpty() ? d.name().span() : d.results().getFirst().span();
  }

  private static Entry entry(
      String name, EntryBuilder e, List<String> over, int generated, Span at) {
    return new Entry(
        name,
        e.kind(),
        e.values(),
        Collections.unmodifiableMap(e.outputs),
        e.reports,
        e.exports,
        Collections.unmodifiableMap(e.updates),
        over,
        generated,
        at.place());
  }

  private void input(EntryBuilder e, Ident name, TypeExpr type, Optional<Dim> batch, Scope scope) {
    DType dtype;
    List<Dim> dims;
    if (type instanceof TypeExpr.Tensor t) {
      dtype = Signature.element(t);
      dims = dims(t, scope, true).orElseThrow();
    } else {
      TypeExpr.Named n = (TypeExpr.Named) type;
      dtype =
          Signature.element(
              new TypeExpr.Tensor(
                  Optional.of(new Ident(n.name(), n.span())), false, List.of(), n.span()));
      dims = batch.map(List::of).orElse(List.of());
    }
    scope.declare(name, Scope.Kind.INPUT, e.input(name.text(), dtype, dims, name.span()));
  }

  /**
   * {@code NAME.loss}: the objective with nothing dropped and nothing updated, for held-out data.
   */
  private static Entry evaluation(Entry o) {
    return new Entry(
        o.name() + ".loss",
        Entry.Kind.FUNCTION,
        o.values(),
        o.outputs(),
        o.reports(),
        List.of(),
        Map.of(),
        List.of(),
        0,
        o.where());
  }

  private Entry objective(Instance model, Stmt.Objective o, Scope around, boolean evaluating) {
    EntryBuilder e = new EntryBuilder(Entry.Kind.OBJECTIVE, evaluating, in);
    in.enter(Optional.of(e));
    Scope scope = around.inside(model.block().name());
    for (Param p : o.inputs()) {
      input(e, p.name(), p.type(), Optional.empty(), scope);
      TensorType given = exported.get(p.name().text());
      Value.Tensor v = (Value.Tensor) scope.find(p.name().text()).orElseThrow().value();
      if (given != null && !given.equals(v.type())) {
        throw new Fault(
            Diagnostic.of(
                    Code.SHAPE_MISMATCH,
                    p.type().span(),
                    "`" + p.name() + "` is not what the objective before exports")
                .withFound(in.tensors.show(v))
                .withExpected(given.toString()));
      }
    }
    long before = in.faults();
    in.bodies.run(o.body(), scope);
    List<String> over = over(o, scope);
    if (!e.outputs.containsKey("loss") || e.outputs.get("loss") < 0) {
      if (in.faults() == before) {
        throw new Fault(
            Diagnostic.of(Code.BAD_OBJECTIVE, o.name().span(), "this objective minimizes nothing")
                .withHint("end it with `minimize loss`"));
      }
      throw Fault.silent();
    }
    for (String x : e.exports) {
      exported.put(x, e.values().get(e.outputs.get(x)).type());
    }
    Map<String, Integer> ordered = new LinkedHashMap<>();
    ordered.put("loss", e.outputs.get("loss"));
    ordered.putAll(e.outputs);
    e.outputs.clear();
    e.outputs.putAll(ordered);
    return entry(o.name().text(), e, over, 0, o.name().span());
  }

  /** The parameters an objective trains. */
  private List<String> over(Stmt.Objective o, Scope scope) {
    List<String> all =
        Storage.withRole(List.copyOf(in.storage.values()), Storage.Role.PARAMETER).stream()
            .map(Storage::path)
            .toList();
    if (o.over().isEmpty()) {
      return all;
    }
    Set<String> chosen = new LinkedHashSet<>();
    for (PathPattern p : o.over()) {
      List<String> met =
          all.stream().filter(s -> under(p, List.of(s.split("\\.")), scope)).toList();
      if (met.isEmpty()) {
        List<String> near =
            p.steps().getFirst() instanceof PathPattern.Step.Named n
                ? NearNames.of(n.name(), all.stream().map(s -> s.split("\\.")[0]).toList())
                : List.of();
        in.report(
            Diagnostic.of(
                    Code.UNKNOWN_PATH, p.span(), "no parameter matches `" + p.span().text() + "`")
                .withNear(near));
      }
      chosen.addAll(met);
    }
    return all.stream().filter(chosen::contains).toList();
  }

  private boolean under(PathPattern p, List<String> path, Scope scope) {
    for (int n = 1; n <= path.size(); n++) {
      if (in.overrides.matches(p.steps(), path.subList(0, n), scope)) {
        return true;
      }
    }
    return false;
  }

  private Entry generator(Instance model, Stmt.Generate g, Scope around) {
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
    int batch = dimension("b", g.name().span());
    Dim batchDim = Dim.of(batch, b, scope);
    if (scope.find("b").isEmpty()) {
      scope.declare(new Ident("b", g.name().span()), Scope.Kind.DIMENSION, new Value.Int(batch));
    }
    scope.declare(
        g.name(),
        Scope.Kind.INPUT,
        e.input(g.name().text(), DType.I32, List.of(batchDim, Dim.of(n - 1)), g.name().span()));
    for (Stmt.Given c : g.given()) {
      input(e, c.name(), c.type(), Optional.of(batchDim), scope);
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
      e.nulls.forEach((name, v) -> e.outputs.put("null." + name, v.id()));
      return entry(g.name().text(), e, List.of(), n, g.name().span());
    } finally {
      conditions.clear();
    }
  }

  private final Map<String, Value.Tensor> conditions = new LinkedHashMap<>();
  private Optional<String> first = Optional.empty();

  /** What stands for a condition when there is none. */
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
