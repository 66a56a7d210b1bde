package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.Expr;
import dev.lgc.dsl.ast.FunctionDecl;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.source.Span;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Evaluates calls: finds the callee, binds its arguments, and gives its value. */
final class Binder {
  private final Evaluator eval;
  private final Elaboration in;

  Binder(Evaluator eval) {
    this.eval = eval;
    this.in = eval.in;
  }

  Value call(Expr.Call c, Scope scope) {
    Value callee = callee(c.callee(), scope);
    List<Value.Arg> args = new ArrayList<>(c.arguments().size());
    for (Expr.Argument a : c.arguments()) {
      args.add(new Value.Arg(a.name(), eval.eval(a.value(), scope), a.value(), scope));
    }
    return switch (callee) {
      case Value.Block b -> new Value.Pending(b, args, c.span());
      case Value.Function f ->
          apply(f.declaration(), f.closure(), f.declaration().name().text(), args, c.span());
      case Instance i -> {
        Value.Forward f = i.forwards().get("");
        if (f == null) {
          throw new Fault(
              Diagnostic.of(
                      Code.NOT_CALLABLE,
                      c.callee().span(),
                      i.block().name() + " has no unnamed forward")
                  .withExpected(
                      i.forwards().isEmpty()
                          ? ""
                          : "one of its forwards: " + String.join(", ", i.forwards().keySet())));
        }
        yield forward(i, f, args, c.span());
      }
      case Value.Method m -> forward(m.instance(), m.forward(), args, c.span());
      case Value.Builtin b -> {
        LanguageFunction f = Functions.byName().get(b.name());
        yield f.apply(new Operands(f.signature(), args, c, eval.tensors, in));
      }
      case Value.Poison _ -> throw Fault.silent();
      default -> {
        Diagnostic d =
            Diagnostic.of(
                    Code.NOT_CALLABLE,
                    c.callee().span(),
                    "`" + c.callee().span().text() + "` cannot be called")
                .withFound(Value.kind(callee));
        throw new Fault(
            callee instanceof Value.Pending
                ? d.withHint(
                    "give it a name in the block: `name = "
                        + c.callee().span().text()
                        + "`, and call that")
                : d);
      }
    };
  }

  /**
   * A value of the program does not hide the function of the same name: {@code dropout(x,
   * dropout)}.
   */
  private Value callee(Expr e, Scope scope) {
    if (e instanceof Expr.Name n && Functions.byName().containsKey(n.name())) {
      Optional<Value> v =
          eval.lookup(n.name(), scope, n.span())
              .filter(
                  x ->
                      x instanceof Value.Callable
                          || x instanceof Instance
                          || x instanceof Value.Block);
      return v.orElse(new Value.Builtin(n.name()));
    }
    return eval.eval(e, scope);
  }

  /** Applies a forward of a sub-block. */
  Value forward(Instance i, Value.Forward f, List<Value.Arg> args, Span at) {
    EntryBuilder entry = in.entry(at);
    in.called.add(f.declaration());
    entry.push(i);
    try {
      String name = f.declaration().name().text();
      return apply(
          f.declaration(),
          f.scope(),
          i.block().name() + (name.isEmpty() ? "" : "." + name),
          args,
          at);
    } finally {
      entry.pop();
    }
  }

  private Value apply(FunctionDecl d, Scope closure, String what, List<Value.Arg> args, Span at) {
    List<Optional<Value.Arg>> matched = Arguments.match(d.params(), args, what, at);
    Scope scope = closure.inside(what);
    Signature signature = new Signature(eval, scope, what);
    signature.bind(d.params(), matched, at);
    in.push(at, what);
    try {
      Optional<Value> result = eval.bodies.run(d.body(), scope);
      if (result.isEmpty()) {
        throw new Fault(
            Diagnostic.of(
                Code.MISSING_RETURN, d.name().span(), "`" + what + "` ends without `return`"));
      }
      return signature.results(d, result.get());
    } catch (Fault f) {
      in.report(f);
      throw Fault.silent();
    } finally {
      in.pop();
    }
  }
}
