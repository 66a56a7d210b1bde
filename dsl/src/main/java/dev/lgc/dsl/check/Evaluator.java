package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.Expr;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.NearNames;
import dev.lgc.dsl.model.Storage;
import dev.lgc.dsl.source.Span;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Expressions to values; those over tensors add calls to the entry being built. */
final class Evaluator {
  private final Elaboration in;

  Evaluator(Elaboration in) {
    this.in = in;
  }

  /** The value, or a fault. */
  Value eval(Expr e, Scope scope) {
    in.step(e.span());
    return Statics.limited(value(e, scope), e.span());
  }

  private Value value(Expr e, Scope scope) {
    return switch (e) {
      case Expr.IntLiteral i -> new Value.Int(i.value());
      case Expr.FloatLiteral f -> new Value.Real(f.value());
      case Expr.BoolLiteral b -> new Value.Bool(b.value());
      case Expr.NoneLiteral _ -> Value.NONE;
      case Expr.StringLiteral s -> new Value.Text(text(s, scope));
      case Expr.Name n -> name(n, scope);
      case Expr.Tuple t -> new Value.Items(true, all(t.elements(), scope));
      case Expr.ListOf l -> new Value.Items(false, all(l.elements(), scope));
      case Expr.Comprehension c -> {
        List<Value> out = new ArrayList<>();
        comprehend(c, 0, scope, out);
        yield new Value.Items(false, out);
      }
      case Expr.Container c -> container(c, scope);
      case Expr.Field f -> field(eval(f.target(), scope), f);
      case Expr.Call c -> in.binder.call(c, scope);
      case Expr.Index i -> index(i, scope);
      case Expr.Unary u -> unary(u, scope);
      case Expr.Binary b -> binary(b, scope);
      case Expr.Range r -> range(r, scope);
      case Expr.Choose c -> bool(c.condition(), scope) ? eval(c.yes(), scope) : eval(c.no(), scope);
    };
  }

  /** The value, poison if there is a mistake, which is reported. */
  Value orPoison(Expr e, Scope scope) {
    try {
      return eval(e, scope);
    } catch (Fault f) {
      in.report(f);
      return Value.POISON;
    }
  }

  private List<Value> all(List<Expr> exprs, Scope scope) {
    List<Value> out = new ArrayList<>(exprs.size());
    for (Expr e : exprs) {
      out.add(eval(e, scope));
    }
    return out;
  }

  /** The text with its values put in. */
  String text(Expr.StringLiteral s, Scope scope) {
    StringBuilder out = new StringBuilder(s.texts().getFirst());
    for (int i = 0; i < s.values().size(); i++) {
      Value v = orPoison(s.values().get(i), scope);
      in.steps(v.size(), s.span());
      out.append(v instanceof Value.Text t ? t.value() : Value.render(v))
          .append(s.texts().get(i + 1));
    }
    Statics.limit(out.length(), s.span());
    return out.toString();
  }

  private Value name(Expr.Name n, Scope scope) {
    return lookup(n.name(), scope, n.span())
        .orElseThrow(() -> unknown(n.name(), n.span(), scope.names()));
  }

  static Fault unknown(String name, Span at, Collection<String> known) {
    return new Fault(
        Diagnostic.of(Code.UNKNOWN_NAME, at, "there is no `" + name + "` here")
            .withNear(NearNames.of(name, known)));
  }

  /**
   * What a name means here: a binding, a declaration of the file or its imports, a word of the
   * language.
   */
  Optional<Value> lookup(String name, Scope scope, Span at) {
    Optional<Scope.Binding> b = scope.find(name);
    if (b.isPresent()) {
      if (b.get().value() instanceof Value.Poison) {
        throw Fault.silent();
      }
      return Optional.of(b.get().value());
    }
    Optional<Value> g = in.global(scope.module(), name, at);
    if (g.isPresent()) {
      if (g.get() instanceof Value.Poison) {
        throw Fault.silent();
      }
      return g;
    }
    Optional<Value> word = Words.value(name, in, at);
    if (word.isPresent()) {
      return word;
    }
    return scope.module().scalesWithRow(name).isEmpty()
        ? Optional.empty()
        : Optional.of(new Value.Symbol(name));
  }

  private void comprehend(Expr.Comprehension c, int clause, Scope scope, List<Value> out) {
    if (clause == c.clauses().size()) {
      if (c.condition().isEmpty() || bool(c.condition().get(), scope)) {
        out.add(eval(c.element(), scope));
        Statics.limit(out.size(), c.span());
      }
      return;
    }
    Expr.Clause k = c.clauses().get(clause);
    for (Value v : list(k.values(), scope)) {
      in.step(c.span());
      Scope inner = scope.inside();
      inner.declare(k.name(), Scope.Kind.LET, v);
      comprehend(c, clause + 1, inner, out);
    }
  }

  private Value container(Expr.Container c, Scope scope) {
    Map<String, Value> out = new LinkedHashMap<>();
    for (Expr.Member m : c.members()) {
      if (out.put(m.name().text(), eval(m.value(), scope)) != null) {
        throw new Fault(
            Diagnostic.of(
                Code.DUPLICATE_NAME,
                m.name().span(),
                "`" + m.name() + "` stands twice in this group"));
      }
    }
    return new Value.Container(out);
  }

  Value field(Value target, Expr.Field f) {
    String name = f.name().text();
    Span at = f.name().span();
    return switch (target) {
      case Value.Row r -> member(r.fields(), r.scale().name() + " row", name, at);
      case Value.Container c -> member(c.members(), "this group", name, at);
      case Value.Facts x -> member(x.facts(), x.block().name(), name, at);
      case Value.Scale s -> Words.row(s, name, at, in);
      case Value.Block b when b.item().model() ->
          member(in.binder.facts(b, List.of(), f.target().span()).facts(), b.name(), name, at);
      case Value.Pending p when p.block().item().model() ->
          member(
              in.binder.facts(p.block(), p.args(), p.span()).facts(), p.block().name(), name, at);
      case Instance i -> {
        Optional<Scope.Binding> b = i.scope().local(name);
        if (b.isPresent()) {
          if (b.get().value() instanceof Value.Poison) {
            throw Fault.silent();
          }
          yield b.get().value();
        }
        if (i.forwards().containsKey(name)) {
          yield new Value.Method(i, i.forwards().get(name));
        }
        List<String> known = new ArrayList<>(i.scope().locals().keySet());
        known.addAll(i.forwards().keySet());
        throw noField(i.block().name(), name, at, known);
      }
      case Value.Poison _ -> throw Fault.silent();
      default ->
          throw new Fault(
              Diagnostic.of(Code.UNKNOWN_FIELD, at, Value.kind(target) + " has no fields"));
    };
  }

  private static Value member(Map<String, Value> fields, String owner, String name, Span at) {
    Value v = fields.get(name);
    if (v == null) {
      throw noField(owner, name, at, fields.keySet());
    }
    if (v instanceof Value.Poison) {
      throw Fault.silent();
    }
    return v;
  }

  private static Fault noField(String owner, String name, Span at, Collection<String> known) {
    List<String> near = NearNames.of(name, known);
    Diagnostic d =
        Diagnostic.of(Code.UNKNOWN_FIELD, at, owner + " has no `" + name + "`").withNear(near);
    return new Fault(
        near.isEmpty() && known.size() <= 12 && !known.isEmpty()
            ? d.withExpected("one of " + String.join(", ", known))
            : d);
  }

  private Value index(Expr.Index i, Scope scope) {
    Value target = eval(i.target(), scope);
    return switch (target) {
      case Value.Items l -> {
        if (i.subscripts().size() != 1) {
          throw new Fault(Diagnostic.of(Code.INVALID_ARGUMENT, i.span(), "a list has one index"));
        }
        yield switch (i.subscripts().getFirst()) {
          case Expr.Subscript.At at -> {
            long k = integer(at.index(), scope);
            int n = l.values().size();
            if (k < -n || k >= n) {
              throw new Fault(
                  Diagnostic.of(
                          Code.OUT_OF_RANGE, at.index().span(), "this index is outside the list")
                      .withFound(Long.toString(k))
                      .withExpected(n == 0 ? "nothing: the list is empty" : "0 to " + (n - 1)));
            }
            Value v = l.values().get((int) (k < 0 ? k + n : k));
            if (v instanceof Value.Poison) {
              throw Fault.silent();
            }
            yield v;
          }
          case Expr.Subscript.Slice s -> {
            long n = l.values().size();
            long from = clamp(s.from().map(x -> integer(x, scope)).orElse(0L), n);
            long to = clamp(s.to().map(x -> integer(x, scope)).orElse(n), n);
            in.steps(Math.max(0, to - from), s.span());
            yield new Value.Items(false, l.values().subList((int) from, (int) Math.max(from, to)));
          }
        };
      }
      case Value.Tensor _, Value.Stored _ ->
          in.tensors.index(in.tensors.tensor(target, i.target().span()), i, scope);
      case Value.Poison _ -> throw Fault.silent();
      default ->
          throw new Fault(
              Diagnostic.of(
                      Code.TYPE_MISMATCH, i.target().span(), "only lists and tensors have indices")
                  .withFound(Value.kind(target)));
    };
  }

  private static long clamp(long k, long n) {
    return Math.clamp(k < 0 ? k + n : k, 0, n);
  }

  private Value unary(Expr.Unary u, Scope scope) {
    Value v = eval(u.operand(), scope);
    return isTensor(v) ? in.tensors.unary(u.op(), v, u.span()) : Statics.unary(u.op(), v, u.span());
  }

  private Value binary(Expr.Binary b, Scope scope) {
    if (b.op() == Expr.BinaryOp.AND || b.op() == Expr.BinaryOp.OR) {
      Value l = eval(b.left(), scope);
      if (l instanceof Value.Bool known && known.value() == (b.op() == Expr.BinaryOp.OR)) {
        return l;
      }
      Value r = eval(b.right(), scope);
      return isTensor(l) || isTensor(r)
          ? in.tensors.binary(b.op(), l, r, b)
          : Statics.binary(b.op(), l, r, b);
    }
    Value l = eval(b.left(), scope);
    Value r = eval(b.right(), scope);
    in.steps(l.size() + r.size() - 2, b.span());
    return (isTensor(l) || isTensor(r)) && !(l instanceof Value.None) && !(r instanceof Value.None)
        ? in.tensors.binary(b.op(), l, r, b)
        : Statics.binary(b.op(), l, r, b);
  }

  static boolean isTensor(Value v) {
    return v instanceof Value.Tensor || v instanceof Value.Stored;
  }

  private Value range(Expr.Range r, Scope scope) {
    long from = integer(r.from(), scope);
    long to = integer(r.to(), scope);
    if (to > from && (to - from > Statics.LONGEST || to - from < 0)) {
      throw new Fault(
          Diagnostic.of(
              Code.TOO_LARGE,
              r.span(),
              "this range has more than " + Statics.LONGEST + " elements"));
    }
    in.steps(Math.max(0, to - from), r.span());
    List<Value> out = new ArrayList<>();
    for (long i = from; i < to; i++) {
      out.add(new Value.Int(i));
    }
    return new Value.Items(false, out);
  }

  /** A static bool. */
  boolean bool(Expr e, Scope scope) {
    return switch (eval(e, scope)) {
      case Value.Bool b -> b.value();
      case Value.Poison _ -> throw Fault.silent();
      case Value.Tensor _ ->
          throw new Fault(
              Diagnostic.of(
                      Code.NOT_STATIC, e.span(), "a condition must be known before the model runs")
                  .withFound("a tensor")
                  .withHint("choose per element with `where(condition, a, b)`"));
      case Value v ->
          throw new Fault(
              Diagnostic.of(Code.TYPE_MISMATCH, e.span(), "a condition must be a bool")
                  .withFound(Value.kind(v)));
    };
  }

  /** A static whole number. */
  long integer(Expr e, Scope scope) {
    return integer(eval(e, scope), e.span());
  }

  static long integer(Value v, Span at) {
    return switch (v) {
      case Value.Int i -> i.value();
      case Value.Poison _ -> throw Fault.silent();
      case Value.Tensor _, Value.Stored _ ->
          throw new Fault(
              Diagnostic.of(Code.NOT_STATIC, at, "this must be known before the model runs")
                  .withFound(Value.kind(v))
                  .withExpected("a static int"));
      default -> {
        Diagnostic d =
            Diagnostic.of(Code.TYPE_MISMATCH, at, "this must be a whole number")
                .withFound(Value.kind(v));
        throw new Fault(v instanceof Value.Real ? d.withHint("round it with `floor(x)`") : d);
      }
    };
  }

  /** A static list. */
  List<Value> list(Expr e, Scope scope) {
    return switch (eval(e, scope)) {
      case Value.Items l -> l.values();
      case Value.Poison _ -> throw Fault.silent();
      case Value v -> {
        Diagnostic d =
            Diagnostic.of(Code.TYPE_MISMATCH, e.span(), "only lists and ranges can be walked")
                .withFound(Value.kind(v));
        throw new Fault(
            v instanceof Value.Int ? d.withHint("write `0.." + e.span().text() + "`") : d);
      }
    };
  }

  /** A parameter or buffer, not its value. */
  Storage stored(Expr e, Scope scope) {
    return switch (eval(e, scope)) {
      case Value.Stored s -> s.storage();
      case Value.Poison _ -> throw Fault.silent();
      case Value v ->
          throw new Fault(
              Diagnostic.of(Code.NOT_ASSIGNABLE, e.span(), "only a buffer can be updated")
                  .withFound(Value.kind(v)));
    };
  }
}
