package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.Expr;
import dev.lgc.dsl.ast.Stmt;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.NearNames;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.model.Storage;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Runs the bodies of forwards, functions, objectives and generators. */
final class Bodies {
  private final Evaluator eval;
  private final Elaboration in;
  private final EntryStatements effects;

  Bodies(Evaluator eval) {
    this.eval = eval;
    this.in = eval.in;
    this.effects = new EntryStatements(eval.tensors, in);
  }

  /** Runs a body and gives the value that it returns, if any. */
  Optional<Value> run(List<Stmt> body, Scope scope) {
    for (Stmt s : body) {
      try {
        Optional<Value> out = statement(s, scope);
        if (out.isPresent()) {
          return out;
        }
      } catch (Fault f) {
        in.report(f);
        switch (s) {
          case Stmt.Let l -> scope.declare(l.name(), Scope.Kind.VARIABLE, Value.POISON);
          case Stmt.LetTuple l ->
              l.names().forEach(n -> scope.declare(n, Scope.Kind.VARIABLE, Value.POISON));
          case Stmt.Assign a ->
              scope
                  .find(a.name().text())
                  .filter(Bodies::isVariable)
                  .ifPresent(b -> b.assign(Value.POISON));
          case Stmt.Return _, Stmt.If _, Stmt.For _ -> throw Fault.silent();
          default -> {}
        }
      }
    }
    return Optional.empty();
  }

  private Optional<Value> statement(Stmt s, Scope scope) {
    in.step(s.span());
    switch (s) {
      case Stmt.Require r -> require(r, scope);
      case Stmt.Let l ->
          scope.declare(
              l.name(), Scope.Kind.VARIABLE, eval.eval(l.value(), scope), l.value(), scope);
      case Stmt.LetTuple l -> letTuple(l, scope, Scope.Kind.VARIABLE);
      case Stmt.Assign a -> assign(a, scope);
      case Stmt.Function f ->
          scope.declare(
              f.function().name(), Scope.Kind.LET, new Value.Function(f.function(), scope));
      case Stmt.For f -> {
        List<Value> values = eval.list(f.values(), scope);
        in.steps(values.size(), f.span());
        boolean holes =
            values.stream().anyMatch(v -> v instanceof Instance || v instanceof Value.Container);
        for (Value v : values) {
          if (holes && v instanceof Value.None) {
            continue;
          }
          Scope inner = scope.inside();
          inner.declare(f.name(), Scope.Kind.LET, v);
          Optional<Value> out = run(f.body(), inner);
          if (out.isPresent()) {
            return out;
          }
        }
      }
      case Stmt.If f -> {
        return run(eval.bool(f.condition(), scope) ? f.yes() : f.no(), scope.inside());
      }
      case Stmt.Return r -> {
        return Optional.of(eval.eval(r.value(), scope));
      }
      case Stmt.Update u -> {
        Storage buffer = eval.stored(u.target(), scope);
        Value.Tensor v =
            eval.tensors.tensor(
                eval.eval(u.value(), scope), buffer.type().dtype(), u.value().span());
        effects.update(u, buffer, v);
      }
      case Stmt.Minimize m -> {
        EntryBuilder e = effects.objective(s);
        effects.beginLoss(e, m.span());
        effects.endLoss(e, eval.eval(m.value(), scope), m.value().span());
      }
      case Stmt.Report r -> {
        EntryBuilder e = effects.objective(s);
        effects.report(e, r, eval.eval(r.value(), scope));
      }
      case Stmt.Export x -> {
        EntryBuilder e = effects.objective(s);
        effects.export(e, x, eval.eval(x.value(), scope));
      }
      case Stmt.Null n -> {
        EntryBuilder e = in.entry(s.span());
        if (e.kind() != Entry.Kind.GENERATE) {
          throw EntryStatements.misplaced(s, "this body");
        }
        nullOf(e, n, scope);
      }
      case Stmt.Store _, Stmt.Forward _, Stmt.Objective _, Stmt.Generate _ ->
          throw EntryStatements.misplaced(s, "a body");
    }
    return Optional.empty();
  }

  /** The value that a {@code null} statement gives a condition that a row goes without. */
  void nullOf(EntryBuilder e, Stmt.Null n, Scope scope) {
    String name = effects.condition(e, n);
    effects.setNull(e, name, n, eval.eval(n.value(), scope));
  }

  /** A {@code require} statement: a fault with its words if it does not hold. */
  void require(Stmt.Require r, Scope scope) {
    if (!eval.bool(r.condition(), scope)) {
      String message = r.message().map(m -> eval.text(m, scope)).orElse("");
      throw new Fault(
          Diagnostic.of(
                  Code.REQUIREMENT_FAILED,
                  r.condition().span(),
                  message.isEmpty() ? "this requirement does not hold" : message)
              .withFound(values(r.condition(), scope)));
    }
  }

  /** The values of the names in a failed requirement. */
  private String values(Expr e, Scope scope) {
    Map<String, String> out = new LinkedHashMap<>();
    values(e, scope, out);
    return String.join(", ", out.values());
  }

  private void values(Expr e, Scope scope, Map<String, String> out) {
    if (e instanceof Expr.Name || e instanceof Expr.Field) {
      Value v = eval.orPoison(e, scope);
      if (v instanceof Value.Int
          || v instanceof Value.Real
          || v instanceof Value.Text
          || v instanceof Value.Bool) {
        out.put(e.span().text(), e.span().text() + " = " + Value.render(v));
      }
      return;
    }
    e.children().forEach(c -> values(c, scope, out));
  }

  void letTuple(Stmt.LetTuple l, Scope scope, Scope.Kind kind) {
    Value v = eval.eval(l.value(), scope);
    if (v instanceof Value.Poison) {
      throw Fault.silent();
    }
    if (!(v instanceof Value.Items all) || all.values().size() != l.names().size()) {
      throw new Fault(
          Diagnostic.of(
                  Code.TYPE_MISMATCH,
                  l.value().span(),
                  "this is not " + l.names().size() + " values")
              .withFound(
                  v instanceof Value.Items x ? x.values().size() + " values" : Value.kind(v)));
    }
    for (int i = 0; i < l.names().size(); i++) {
      scope.declare(l.names().get(i), kind, all.values().get(i));
    }
  }

  private static boolean isVariable(Scope.Binding b) {
    return b.kind() == Scope.Kind.VARIABLE || b.kind() == Scope.Kind.INPUT;
  }

  private void assign(Stmt.Assign a, Scope scope) {
    String name = a.name().text();
    Optional<Scope.Binding> b = scope.find(name);
    if (b.isEmpty()) {
      throw new Fault(
          Diagnostic.of(Code.NOT_ASSIGNABLE, a.name().span(), "there is no variable `" + name + "`")
              .withHint("declare it with `let " + name + " = …`")
              .withNear(NearNames.of(name, scope.names())));
    }
    switch (b.get().kind()) {
      case VARIABLE, INPUT -> b.get().assign(eval.eval(a.value(), scope));
      case PARAM, LET, MEMBER, DIMENSION -> {
        Diagnostic d =
            Diagnostic.of(
                    Code.NOT_ASSIGNABLE,
                    a.name().span(),
                    "`" + name + "` is not a variable of this body")
                .withNote(b.get().declared().span(), "declared here");
        throw new Fault(
            b.get().value() instanceof Value.Stored x && x.storage().role() == Storage.Role.BUFFER
                ? d.withHint("change a buffer with `update " + name + " = …`")
                : d);
      }
    }
  }
}
