package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.Expr;
import dev.lgc.dsl.ast.Item;
import dev.lgc.dsl.ast.Param;
import dev.lgc.dsl.ast.TypeExpr;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.NearNames;
import dev.lgc.dsl.resolve.Module;
import dev.lgc.dsl.resolve.Types;
import dev.lgc.dsl.source.Span;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Conversion of values to the declared static types of parameters, rows of scales among them. */
final class Coercion {
  private final Evaluator eval;
  private final Elaboration in;

  Coercion(Evaluator eval) {
    this.eval = eval;
    this.in = eval.in;
  }

  /** The value of a parameter: the argument, or its default value. */
  Value value(Param p, Optional<Value.Arg> arg, Scope scope, Span at) {
    if (arg.isPresent()) {
      return coerce(
          arg.get().value(), p, Optional.of(arg.get().expr()), arg.get().expr().span(), scope);
    }
    Expr standard = p.standard().orElseThrow();
    return coerce(eval.eval(standard, scope), p, Optional.of(standard), standard.span(), scope);
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
          boolean tensor = Value.isTensor(v);
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
      throw new Fault(Types.unknown(type, scope.module()));
    }
    Module.Symbol s = symbols.getFirst();
    return switch (s.item()) {
      case Item.Scale scale -> {
        Value.Scale of = new Value.Scale(scale, s.home());
        if (expr.isPresent()
            && expr.get() instanceof Expr.Name n
            && scale.rows().stream().anyMatch(r -> r.name().text().equals(n.name()))) {
          yield Optional.of(row(of, n.name(), at));
        }
        yield switch (v) {
          case Value.Row r when r.scale().equals(scale) -> Optional.of(v);
          case Value.Symbol w -> Optional.of(row(of, w.name(), at));
          case Value.Items l -> Optional.of(row(of, "", l.values(), at));
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
          throw new Fault(Types.unknown(type, scope.module()));
    };
  }

  /** A row of a scale by name. */
  Value row(Value.Scale scale, String name, Span at) {
    for (Item.Row r : scale.item().rows()) {
      if (r.name().text().equals(name)) {
        Value v = eval.eval(r.value(), in.fileScope(scale.home()));
        List<Value> fields = v instanceof Value.Items l ? l.values() : List.of(v);
        return row(scale, name, fields, r.value().span());
      }
    }
    List<String> names = scale.item().rows().stream().map(r -> r.name().text()).toList();
    throw new Fault(
        Diagnostic.of(
                Code.UNKNOWN_ROW, at, "scale " + scale.item().name() + " has no row `" + name + "`")
            .withExpected("one of " + String.join(", ", names))
            .withNear(NearNames.of(name, names)));
  }

  /** A row from its fields. */
  private Value.Row row(Value.Scale of, String name, List<Value> fields, Span at) {
    Item.Scale scale = of.item();
    List<String> names = scale.params().stream().map(p -> p.name().text()).toList();
    if (fields.size() != names.size()) {
      throw new Fault(
          Diagnostic.of(
                  Code.TYPE_MISMATCH,
                  at,
                  "a row of " + scale.name() + " has " + names.size() + " fields")
              .withFound(Integer.toString(fields.size()))
              .withExpected(String.join(", ", names)));
    }
    Map<String, Value> out = new LinkedHashMap<>();
    for (int i = 0; i < fields.size(); i++) {
      Scope scope = in.fileScope(of.home());
      out.put(
          names.get(i), coerce(fields.get(i), scale.params().get(i), Optional.empty(), at, scope));
    }
    return new Value.Row(scale, name, out);
  }

  /** The static values of a model that is instantiated without its tensors. */
  Value.Facts facts(Value.Block model, List<Value.Arg> args, Span at) {
    List<Overrides.Active> outer = eval.overrides.suspend();
    Instance i;
    try {
      i = eval.blocks.instantiate(model, args, Path.ROOT, false, true, at);
    } finally {
      eval.overrides.resume(outer);
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
