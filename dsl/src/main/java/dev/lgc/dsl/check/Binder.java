package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.Expr;
import dev.lgc.dsl.ast.FunctionDecl;
import dev.lgc.dsl.ast.Item;
import dev.lgc.dsl.ast.Param;
import dev.lgc.dsl.ast.TypeExpr;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.NearNames;
import dev.lgc.dsl.resolve.Module;
import dev.lgc.dsl.resolve.Types;
import dev.lgc.dsl.source.Span;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Calls: what is called, which argument goes to which parameter, and whether it fits. */
final class Binder {
  private final Elaboration in;

  Binder(Elaboration in) {
    this.in = in;
  }

  Value call(Expr.Call c, Scope scope) {
    Value callee = callee(c.callee(), scope);
    List<Value.Arg> args = new ArrayList<>(c.arguments().size());
    for (Expr.Argument a : c.arguments()) {
      args.add(new Value.Arg(a.name(), in.eval.eval(a.value(), scope), a.value(), scope));
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
      case Value.Builtin b -> b.function().apply(new Operands(in, b.function(), args, c));
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
    Optional<LanguageFunction> function =
        e instanceof Expr.Name n ? Functions.named(n.name()) : Optional.empty();
    if (e instanceof Expr.Name n && function.isPresent()) {
      Optional<Value> v =
          in.eval
              .lookup(n.name(), scope, n.span())
              .filter(
                  x ->
                      x instanceof Value.Callable
                          || x instanceof Instance
                          || x instanceof Value.Block);
      return v.orElse(new Value.Builtin(function.get()));
    }
    return in.eval.eval(e, scope);
  }

  /** Applies a forward of a sub-block. */
  Value forward(Instance i, Value.Forward f, List<Value.Arg> args, Span at) {
    EntryBuilder entry = in.tensors.entry(at);
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
    List<Optional<Value.Arg>> matched = match(d.params(), args, what, at);
    Scope scope = closure.inside(what);
    Signature signature = new Signature(in, scope, what);
    signature.bind(d.params(), matched, at);
    in.push(at, what);
    try {
      Optional<Value> result = in.bodies.run(d.body(), scope);
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

  /** One argument or none for each parameter. */
  List<Optional<Value.Arg>> match(List<Param> params, List<Value.Arg> args, String what, Span at) {
    List<Optional<Value.Arg>> out = new ArrayList<>();
    params.forEach(_ -> out.add(Optional.empty()));
    List<String> names = params.stream().map(p -> p.name().text()).toList();
    int position = 0;
    for (Value.Arg a : args) {
      int k = a.name().isEmpty() ? position++ : names.indexOf(a.name().get().text());
      if (k < 0) {
        String name = a.name().orElseThrow().text();
        Diagnostic d =
            Diagnostic.of(
                    Code.UNKNOWN_ARGUMENT,
                    a.name().get().span(),
                    what + " has no parameter `" + name + "`")
                .withNear(NearNames.of(name, names));
        throw new Fault(d.near().isEmpty() ? d.withExpected(signature(params)) : d);
      }
      if (k >= params.size()) {
        throw new Fault(
            Diagnostic.of(
                    Code.TOO_MANY_ARGUMENTS,
                    a.expr().span(),
                    what + " takes " + count(params.size(), "argument"))
                .withExpected(signature(params)));
      }
      if (out.get(k).isPresent()) {
        throw new Fault(
            Diagnostic.of(
                Code.TOO_MANY_ARGUMENTS,
                a.expr().span(),
                "`" + names.get(k) + "` of " + what + " is given twice"));
      }
      out.set(k, Optional.of(a));
    }
    for (int k = 0; k < params.size(); k++) {
      if (out.get(k).isEmpty() && params.get(k).standard().isEmpty()) {
        throw new Fault(
            Diagnostic.of(
                    Code.MISSING_ARGUMENT,
                    at,
                    what + " needs an argument for `" + names.get(k) + "`")
                .withExpected(signature(params))
                .withNote(params.get(k).name().span(), "declared here"));
      }
    }
    return out;
  }

  private static String count(int n, String what) {
    return n == 0 ? "no " + what + "s" : n + " " + what + (n == 1 ? "" : "s");
  }

  private static String signature(List<Param> params) {
    return params.isEmpty()
        ? ""
        : String.join(
            ", ",
            params.stream()
                .map(
                    p ->
                        p.name()
                            + ": "
                            + p.type().span().text()
                            + p.standard().map(s -> " = " + s.span().text()).orElse(""))
                .toList());
  }

  /** The value of a parameter: the argument, or its standard value. */
  Value value(Param p, Optional<Value.Arg> arg, Scope scope, Span at) {
    if (arg.isPresent()) {
      return coerce(
          arg.get().value(), p, Optional.of(arg.get().expr()), arg.get().expr().span(), scope);
    }
    Expr standard = p.standard().orElseThrow();
    return coerce(in.eval.eval(standard, scope), p, Optional.of(standard), standard.span(), scope);
  }

  /** The value as the parameter's static type wants it. */
  Value coerce(Value v, Param p, Optional<Expr> expr, Span at, Scope scope) {
    if (v instanceof Value.Poison) {
      throw Fault.silent();
    }
    if (v instanceof Value.None
        && p.standard().filter(Expr.NoneLiteral.class::isInstance).isPresent()) {
      return v;
    }
    if (!(p.type() instanceof TypeExpr.Named type)) {
      throw new Fault(
          Diagnostic.of(Code.MISPLACED, p.type().span(), "a tensor cannot be a parameter here")
              .withHint("tensors are inputs of forwards, functions and objectives"));
    }
    Optional<Value> out =
        switch (type.name()) {
          case "int" -> Optional.of(v).filter(Value.Int.class::isInstance);
          case "float" ->
              v instanceof Value.Int i
                  ? Optional.of(new Value.Real(i.value()))
                  : Optional.of(v).filter(Value.Real.class::isInstance);
          case "bool" -> Optional.of(v).filter(Value.Bool.class::isInstance);
          case "string" -> Optional.of(v).filter(Value.Text.class::isInstance);
          case "list" -> Optional.of(v).filter(Value.Items.class::isInstance);
          case "init" -> Optional.of(v).filter(Value.Init.class::isInstance);
          case "block" ->
              Optional.of(v).filter(x -> x instanceof Value.Block || x instanceof Value.Pending);
          case "model" ->
              Optional.of(v).filter(x -> x instanceof Value.Block b && b.item().model());
          case "any" -> Optional.of(v);
          default -> declared(v, type, expr, at, scope);
        };
    return out.orElseThrow(
        () -> {
          boolean tensor = Evaluator.isTensor(v);
          return new Fault(
              Diagnostic.of(
                      tensor ? Code.NOT_STATIC : Code.TYPE_MISMATCH,
                      at,
                      "`" + p.name() + "` must be " + article(type.name()))
                  .withFound(Value.kind(v))
                  .withNote(p.name().span(), "declared here"));
        });
  }

  private static String article(String type) {
    return ("aeiou".indexOf(Character.toLowerCase(type.charAt(0))) >= 0 ? "an " : "a ") + type;
  }

  private Optional<Value> declared(
      Value v, TypeExpr.Named type, Optional<Expr> expr, Span at, Scope scope) {
    List<Module.Symbol> symbols = scope.module().named(type.name());
    if (symbols.size() != 1) {
      throw unknownType(type, scope);
    }
    Module.Symbol s = symbols.getFirst();
    return switch (s.item()) {
      case Item.Scale scale -> {
        Value.Scale of = new Value.Scale(scale, s.home());
        if (expr.isPresent()
            && expr.get() instanceof Expr.Name n
            && scale.rows().stream().anyMatch(r -> r.name().text().equals(n.name()))) {
          yield Optional.of(Words.row(of, n.name(), at, in));
        }
        yield switch (v) {
          case Value.Row r when r.scale().equals(scale) -> Optional.of(v);
          case Value.Symbol w -> Optional.of(Words.row(of, w.name(), at, in));
          case Value.Items l -> Optional.of(Words.row(of, "", l.values(), at, in));
          default -> Optional.empty();
        };
      }
      case Item.Interface i -> {
        Value.Facts f =
            switch (v) {
              case Value.Facts x -> x;
              case Value.Block b when b.item().model() -> facts(b, List.of(), at);
              case Value.Pending x when x.block().item().model() ->
                  facts(x.block(), x.args(), x.span());
              default -> null;
            };
        if (f == null) {
          yield Optional.empty();
        }
        if (f.block().item().is().filter(is -> is.text().equals(i.name().text())).isEmpty()) {
          throw new Fault(
              Diagnostic.of(Code.INTERFACE_NOT_MET, at, f.block().name() + " is not a " + i.name())
                  .withNote(f.block().item().name().span(), "declared here")
                  .withHint(
                      "declare it `model " + f.block().item().name() + "(…) is " + i.name() + "`"));
        }
        yield Optional.of(f);
      }
      case Item.Block _, Item.Variant _, Item.Function _, Item.Let _ ->
          throw unknownType(type, scope);
    };
  }

  static Fault unknownType(TypeExpr.Named type, Scope scope) {
    List<String> known = new ArrayList<>(Types.STATIC);
    scope
        .module()
        .names()
        .forEach(
            (name, all) -> {
              if (all.getFirst().item() instanceof Item.Scale
                  || all.getFirst().item() instanceof Item.Interface) {
                known.add(name);
              }
            });
    return new Fault(
        Diagnostic.of(Code.UNKNOWN_TYPE, type.span(), "there is no type `" + type.name() + "`")
            .withExpected("one of " + String.join(", ", known))
            .withNear(NearNames.of(type.name(), known)));
  }

  /** What a model is without its tensors. */
  Value.Facts facts(Value.Block model, List<Value.Arg> args, Span at) {
    List<Overrides.Active> outer = in.overrides.suspend();
    Instance i;
    try {
      i = in.blocks.instantiate(model, args, Path.ROOT, false, true, at);
    } finally {
      in.overrides.resume(outer);
    }
    Map<String, String> arguments = new LinkedHashMap<>();
    args.forEach(a -> a.name().ifPresent(n -> arguments.put(n.text(), Value.render(a.value()))));
    for (int k = 0; k < args.size() && k < model.item().params().size(); k++) {
      if (args.get(k).name().isEmpty()) {
        arguments.put(
            model.item().params().get(k).name().text(), Value.render(args.get(k).value()));
      }
    }
    Map<String, Value> facts = new LinkedHashMap<>();
    i.scope().locals().forEach((name, b) -> facts.put(name, b.value()));
    return new Value.Facts(model, arguments, facts);
  }
}
