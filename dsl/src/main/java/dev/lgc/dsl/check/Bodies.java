package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.Ident;
import dev.lgc.dsl.ast.Stmt;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.NearNames;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.model.Storage;
import dev.lgc.dsl.type.DType;
import java.util.List;
import java.util.Optional;

/** Runs the bodies of forwards, functions, objectives and generators. */
final class Bodies {
  private final Elaboration in;

  Bodies(Elaboration in) {
    this.in = in;
  }

  /** What the body returns, if it does. */
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
      case Stmt.Require r -> in.requirements.require(r, scope);
      case Stmt.Let l ->
          scope.declare(
              l.name(), Scope.Kind.VARIABLE, in.eval.eval(l.value(), scope), l.value(), scope);
      case Stmt.LetTuple l -> letTuple(l, scope, Scope.Kind.VARIABLE);
      case Stmt.Assign a -> assign(a, scope);
      case Stmt.Function f ->
          scope.declare(
              f.function().name(), Scope.Kind.LET, new Value.Function(f.function(), scope));
      case Stmt.For f -> {
        List<Value> values = in.eval.list(f.values(), scope);
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
        return run(in.eval.bool(f.condition(), scope) ? f.yes() : f.no(), scope.inside());
      }
      case Stmt.Return r -> {
        return Optional.of(in.eval.eval(r.value(), scope));
      }
      case Stmt.Update u -> {
        Storage buffer = in.eval.stored(u.target(), scope);
        Value.Tensor v =
            in.tensors.tensor(
                in.eval.eval(u.value(), scope), buffer.type().dtype(), u.value().span());
        update(u, buffer, v);
      }
      case Stmt.Minimize m -> {
        EntryBuilder e = objective(s);
        if (e.outputs.containsKey("loss")) {
          throw new Fault(
              Diagnostic.of(Code.BAD_OBJECTIVE, m.span(), "an objective minimizes one value"));
        }
        e.outputs.put("loss", -1);
        e.outputs.put("loss", scalar(m.value(), scope, "what is minimized").id());
      }
      case Stmt.Report r -> {
        EntryBuilder e = objective(s);
        int id = scalar(r.value(), scope, "what is reported").id();
        output(e, r.name(), id);
        e.reports.add(r.name().text());
      }
      case Stmt.Export x -> {
        EntryBuilder e = objective(s);
        Value.Tensor v = in.tensors.tensor(in.eval.eval(x.value(), scope), x.value().span());
        output(e, x.name(), e.computed(v, x.value().span()));
        e.exports.add(x.name().text());
      }
      case Stmt.Null n -> {
        EntryBuilder e = in.tensors.entry(s.span());
        if (e.kind() != Entry.Kind.GENERATE) {
          throw misplaced(s, "this body");
        }
        in.generators.nullOf(e, n, scope);
      }
      case Stmt.Store _, Stmt.Forward _, Stmt.Objective _, Stmt.Generate _ ->
          throw misplaced(s, "a body");
    }
    return Optional.empty();
  }

  private static void output(EntryBuilder e, Ident name, int id) {
    if (e.outputs.putIfAbsent(name.text(), id) != null) {
      throw new Fault(
          Diagnostic.of(
              Code.DUPLICATE_NAME,
              name.span(),
              "this objective already has an output `" + name + "`"));
    }
  }

  static Fault misplaced(Stmt s, String where) {
    String word = s.span().text().split("[^a-z]", 2)[0];
    return new Fault(
        Diagnostic.of(
            Code.MISPLACED,
            s.span().source().span(s.span().start(), s.span().start() + word.length()),
            "`" + word + "` cannot stand in " + where));
  }

  private EntryBuilder objective(Stmt s) {
    EntryBuilder e = in.tensors.entry(s.span());
    if (e.kind() != Entry.Kind.OBJECTIVE) {
      throw misplaced(s, "anything but an objective");
    }
    return e;
  }

  private Value.Tensor scalar(dev.lgc.dsl.ast.Expr e, Scope scope, String what) {
    Value.Tensor v = in.tensors.tensor(in.eval.eval(e, scope), DType.F32, e.span());
    if (v.rank() != 0 || v.dtype() != DType.F32) {
      throw new Fault(
          Diagnostic.of(Code.BAD_OBJECTIVE, e.span(), what + " must be a scalar float")
              .withFound(in.tensors.show(v))
              .withHint("take the mean of it: `mean(x)`"));
    }
    return v;
  }

  private void update(Stmt.Update u, Storage buffer, Value.Tensor v) {
    if (buffer.role() == Storage.Role.PARAMETER) {
      throw new Fault(
          Diagnostic.of(
                  Code.NOT_ASSIGNABLE, u.target().span(), "parameters are changed by training only")
              .withFound("the parameter " + buffer.path())
              .withHint("declare it with `buffer`"));
    }
    if (!v.type().equals(buffer.type())) {
      throw new Fault(
          Diagnostic.of(
                  Code.SHAPE_MISMATCH, u.value().span(), "the new value does not fit the buffer")
              .withFound(in.tensors.show(v))
              .withExpected(buffer.type().toString()));
    }
    in.tensors.entry(u.span()).update(buffer, v);
  }

  void letTuple(Stmt.LetTuple l, Scope scope, Scope.Kind kind) {
    Value v = in.eval.eval(l.value(), scope);
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
      case VARIABLE, INPUT -> b.get().assign(in.eval.eval(a.value(), scope));
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
