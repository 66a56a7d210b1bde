package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.Expr;
import dev.lgc.dsl.ast.Ident;
import dev.lgc.dsl.ast.Param;
import dev.lgc.dsl.ast.PathPattern;
import dev.lgc.dsl.ast.Stmt;
import dev.lgc.dsl.ast.TypeExpr;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.source.Span;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Makes instances of blocks: parameters, storage and sub-blocks at their paths. */
final class Blocks {
  private final Evaluator eval;
  private final Elaboration in;
  private final Parameters parameters;

  Blocks(Evaluator eval) {
    this.eval = eval;
    this.in = eval.in;
    this.parameters = new Parameters(in);
  }

  /** An instance at a path; with {@code factsOnly}, without storage and sub-blocks. */
  Instance instantiate(
      Value.Block block,
      List<Value.Arg> args,
      Path path,
      boolean frozen,
      boolean factsOnly,
      Span at) {
    in.push(at, block.name());
    List<Overrides.Active> added = new ArrayList<>();
    boolean complete = false;
    try {
      Scope scope = in.fileScope(block.home()).inside(block.name());
      Instance i = new Instance(block, path, scope, frozen);
      List<Optional<Value.Arg>> matched = Arguments.match(params(block), args, block.name(), at);
      int k = block.item().params().size();
      for (Value.Layer layer : block.layers()) {
        Scope own = in.fileScope(layer.home()).beside(scope).inside(layer.item().name().text());
        for (Param p : layer.item().params()) {
          declare(p, matched.get(k++), own, at);
        }
        added.addAll(eval.overrides.push(layer.item().changes(), path, own));
      }
      for (int p = 0; p < block.item().params().size(); p++) {
        parameter(block.item().params().get(p), matched.get(p), i, at);
      }
      if (!factsOnly && !path.equals(Path.ROOT)) {
        in.subBlocks.add(subBlock(i));
      }
      statements(block.item().body(), scope, i, factsOnly);
      complete = !factsOnly;
      return i;
    } finally {
      eval.overrides.pop(added, complete);
      in.pop();
    }
  }

  private static CheckedModel.SubBlock subBlock(Instance i) {
    Map<String, String> arguments = new LinkedHashMap<>();
    for (Param p : i.block().item().params()) {
      i.scope()
          .local(p.name().text())
          .filter(b -> !(b.value() instanceof Value.Init))
          .ifPresent(b -> arguments.put(p.name().text(), Value.render(b.value())));
    }
    return new CheckedModel.SubBlock(i.path().toString(), i.block().name(), arguments);
  }

  /** The parameters a call can give: the block's, then its variants'. */
  static List<Param> params(Value.Block block) {
    List<Param> all = new ArrayList<>(block.item().params());
    block.layers().forEach(l -> all.addAll(l.item().params()));
    return all;
  }

  private void declare(Param p, Optional<Value.Arg> arg, Scope scope, Span at) {
    Value v;
    try {
      v = eval.coercion.value(p, arg, scope, at);
    } catch (Fault f) {
      in.report(f);
      v = Value.POISON;
    }
    if (arg.isPresent()) {
      scope.declare(p.name(), Scope.Kind.PARAM, v, arg.get().expr(), arg.get().scope());
    } else {
      scope.declare(p.name(), Scope.Kind.PARAM, v, p.standard().orElseThrow(), scope);
    }
  }

  private void parameter(Param p, Optional<Value.Arg> arg, Instance i, Span at) {
    Scope scope = i.scope();
    Path path = i.path().child(p.name().text());
    Optional<Overrides.Active> change = eval.overrides.at(path);
    boolean given = arg.isPresent() && change.isPresent() && change.get().prefix().equals(i.path());
    declare(p, arg, scope, at);
    if (change.isPresent() && !given) {
      Expr e = change.get().change().value();
      Scope from = change.get().scope();
      Value v;
      try {
        v = eval.coercion.coerce(eval.eval(e, from), p, Optional.of(e), e.span(), scope);
      } catch (Fault f) {
        in.report(f);
        v = Value.POISON;
      }
      scope.declare(p.name(), Scope.Kind.PARAM, v, e, from);
    }
    for (Overrides.Active a : eval.overrides.ofFields(path)) {
      Value old = scope.local(p.name().text()).orElseThrow().value();
      PathPattern.Step.Named field = (PathPattern.Step.Named) a.change().path().steps().getLast();
      if (old instanceof Value.Row r && r.fields().containsKey(field.name())) {
        a.use();
        Map<String, Value> fields = new LinkedHashMap<>(r.fields());
        Expr e = a.change().value();
        fields.put(field.name(), eval.orPoison(e, a.scope()));
        scope.declare(
            p.name(), Scope.Kind.PARAM, new Value.Row(r.scale(), "", fields), e, a.scope());
      }
    }
  }

  private void statements(List<Stmt> body, Scope scope, Instance i, boolean factsOnly) {
    for (Stmt s : body) {
      try {
        statement(s, scope, i, factsOnly);
      } catch (Fault f) {
        in.report(f);
        poison(s, scope, i);
      }
    }
  }

  private static void poison(Stmt s, Scope scope, Instance i) {
    switch (s) {
      case Stmt.Let l -> scope.declare(l.name(), Scope.Kind.LET, Value.POISON);
      case Stmt.LetTuple l ->
          l.names().forEach(n -> scope.declare(n, Scope.Kind.LET, Value.POISON));
      case Stmt.Store t -> i.scope().declare(t.name(), Scope.Kind.MEMBER, Value.POISON);
      case Stmt.Assign a -> i.scope().declare(a.name(), Scope.Kind.MEMBER, Value.POISON);
      default -> {}
    }
  }

  private void statement(Stmt s, Scope scope, Instance i, boolean factsOnly) {
    in.step(s.span());
    switch (s) {
      case Stmt.Require r -> eval.bodies.require(r, scope);
      case Stmt.Let l -> {
        fresh(l.name(), scope);
        scope.declare(l.name(), Scope.Kind.LET, eval.eval(l.value(), scope), l.value(), scope);
      }
      case Stmt.LetTuple l -> eval.bodies.letTuple(l, scope, Scope.Kind.LET);
      case Stmt.Store t -> {
        member(t.name(), i.scope());
        i.scope()
            .declare(t.name(), Scope.Kind.MEMBER, factsOnly ? Value.POISON : store(t, scope, i));
      }
      case Stmt.Assign a -> {
        member(a.name(), i.scope());
        Value v =
            factsOnly
                ? Value.POISON
                : place(
                    a.value(), scope, i.path().child(a.name().text()), i.frozen() || a.frozen());
        i.scope().declare(a.name(), Scope.Kind.MEMBER, v);
      }
      case Stmt.Function f ->
          scope.declare(
              f.function().name(), Scope.Kind.LET, new Value.Function(f.function(), scope));
      case Stmt.Forward f -> {
        Ident name = f.function().name();
        Ident called = name.text().isEmpty() ? new Ident("forward", name.span()) : name;
        fresh(called, i.scope());
        Value.Forward forward = new Value.Forward(f.function(), scope);
        i.forwards().put(name.text(), forward);
        i.scope().declare(called, Scope.Kind.MEMBER, new Value.Method(i, forward));
      }
      case Stmt.Objective o -> i.entrances().add(new Instance.Entrance(o, scope));
      case Stmt.Generate g -> i.entrances().add(new Instance.Entrance(g, scope));
      case Stmt.For f -> {
        List<Value> values = eval.list(f.values(), scope);
        in.steps(values.size(), f.span());
        for (Value v : values) {
          Scope inner = scope.inside();
          inner.declare(f.name(), Scope.Kind.LET, v);
          statements(f.body(), inner, i, factsOnly);
        }
      }
      case Stmt.If f ->
          statements(eval.bool(f.condition(), scope) ? f.yes() : f.no(), scope, i, factsOnly);
      case Stmt.Return _,
          Stmt.Minimize _,
          Stmt.Report _,
          Stmt.Export _,
          Stmt.Update _,
          Stmt.Null _ ->
          throw EntryStatements.misplaced(s, "a block");
    }
  }

  private Value store(Stmt.Store t, Scope scope, Instance i) {
    TypeExpr.Tensor type = Parameters.declared(t);
    DType dtype = Elements.type(type);
    List<Integer> dims = new ArrayList<>();
    for (Expr e : type.dims()) {
      int size = eval.tensors.size(eval.integer(e, scope), e.span());
      dims.add(Parameters.size(size, e.span()));
    }
    TensorType stored = parameters.type(dtype, dims, type.span());
    Optional<Value> first = t.init().map(e -> eval.eval(e, scope));
    return parameters.declare(t, stored, first, i);
  }

  /**
   * A member may have the name of a parameter: {@code param bias} where {@code bias: bool} asks for
   * it.
   */
  private static void member(Ident name, Scope scope) {
    if (scope.local(name.text()).filter(b -> b.kind() == Scope.Kind.PARAM).isEmpty()) {
      fresh(name, scope);
    }
  }

  private static void fresh(Ident name, Scope scope) {
    Optional<Scope.Binding> old = scope.local(name.text());
    if (old.isPresent()) {
      throw new Fault(
          Diagnostic.of(
                  Code.DUPLICATE_NAME,
                  name.span(),
                  "`" + name + "` is declared twice in this block")
              .withNote(old.get().declared().span(), "first declared here"));
    }
  }

  /** Evaluates a sub-block and puts it at a path, unless a variant puts another one there. */
  private Value place(Expr e, Scope scope, Path path, boolean frozen) {
    return place(eval.eval(e, scope), path, frozen, e.span());
  }

  private Value place(Value value, Path path, boolean frozen, Span at) {
    Optional<Overrides.Active> change = eval.overrides.at(path);
    if (change.isPresent()) {
      Expr e = change.get().change().value();
      return put(eval.eval(e, change.get().scope()), path, frozen, e.span());
    }
    return put(value, path, frozen, at);
  }

  private Value put(Value value, Path path, boolean frozen, Span at) {
    return switch (value) {
      case Value.Pending p -> orPoison(p, path, frozen);
      case Value.Items l -> {
        List<Value> out = new ArrayList<>();
        for (int k = 0; k < l.values().size(); k++) {
          out.add(place(l.values().get(k), path.child(Integer.toString(k)), frozen, at));
        }
        yield new Value.Items(false, out);
      }
      case Value.Container c -> {
        Map<String, Value> out = new LinkedHashMap<>();
        c.members().forEach((name, v) -> out.put(name, place(v, path.child(name), frozen, at)));
        yield new Value.Container(out);
      }
      case Value.None _, Instance _ -> value;
      case Value.Poison _ -> throw Fault.silent();
      case Value.Block b ->
          throw new Fault(
              Diagnostic.of(Code.TYPE_MISMATCH, at, "a sub-block needs its arguments")
                  .withFound("`" + b.name() + "`")
                  .withHint("write `" + b.name() + "(…)`"));
      default ->
          throw new Fault(
              Diagnostic.of(Code.TYPE_MISMATCH, at, "this is not a sub-block")
                  .withFound(Value.kind(value))
                  .withHint("name static values with `let`"));
    };
  }

  private Value orPoison(Value.Pending p, Path path, boolean frozen) {
    try {
      return instantiate(p.block(), p.args(), path, frozen, false, p.span());
    } catch (Fault f) {
      in.report(f);
      return Value.POISON;
    }
  }
}
