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

/**
 * Evaluates expressions; those over tensors add calls to the entry being built.
 *
 * <p>The language is recursive, and so are the files that evaluate it: each has the evaluator,
 * which has them all. What needs no expression evaluated is elsewhere, and is given values.
 */
final class Evaluator {
  final Elaboration in;
  final Tensors tensors;
  final Globals globals;
  final Coercion coercion;
  final Binder binder;
  final Bodies bodies;
  final Overrides overrides;
  final Blocks blocks;

  Evaluator(Elaboration in) {
    this.in = in;
    this.tensors = new Tensors(in);
    this.globals = new Globals(this);
    this.coercion = new Coercion(this);
    this.binder = new Binder(this);
    this.bodies = new Bodies(this);
    this.overrides = new Overrides(this);
    this.blocks = new Blocks(this);
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
      case Expr.Call c -> binder.call(c, scope);
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

  private static Fault unknown(String name, Span at, Collection<String> known) {
    return new Fault(
        Diagnostic.of(Code.UNKNOWN_NAME, at, "there is no `" + name + "` here")
            .withNear(NearNames.of(name, known)));
  }

  /**
   * The value of a name here: a binding, a declaration of the file or its imports, a word of the
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
    Optional<Value> g = globals.named(scope.module(), name, at);
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
                "`" + m.name() + "` is listed twice in this group"));
      }
    }
    return new Value.Container(out);
  }

  private Value unary(Expr.Unary u, Scope scope) {
    Value v = eval(u.operand(), scope);
    return Value.isTensor(v)
        ? tensors.unary(u.op(), v, u.span())
        : Statics.unary(u.op(), v, u.span());
  }

  private Value binary(Expr.Binary b, Scope scope) {
    if (b.op() == Expr.BinaryOp.AND || b.op() == Expr.BinaryOp.OR) {
      Value l = eval(b.left(), scope);
      if (l instanceof Value.Bool known && known.value() == (b.op() == Expr.BinaryOp.OR)) {
        return l;
      }
      Value r = eval(b.right(), scope);
      return Value.isTensor(l) || Value.isTensor(r)
          ? tensors.binary(b.op(), l, r, b)
          : Statics.binary(b.op(), l, r, b);
    }
    Value l = eval(b.left(), scope);
    Value r = eval(b.right(), scope);
    in.steps(l.size() + r.size() - 2, b.span());
    return (Value.isTensor(l) || Value.isTensor(r))
            && !(l instanceof Value.None)
            && !(r instanceof Value.None)
        ? tensors.binary(b.op(), l, r, b)
        : Statics.binary(b.op(), l, r, b);
  }

  private Value field(Value target, Expr.Field f) {
    return switch (target) {
      case Value.Scale s -> coercion.row(s, f.name().text(), f.name().span());
      case Value.Block b when b.item().model() ->
          Selection.field(coercion.facts(b, List.of(), f.target().span()), f);
      case Value.Pending p when p.block().item().model() ->
          Selection.field(coercion.facts(p.block(), p.args(), p.span()), f);
      default -> Selection.field(target, f);
    };
  }

  private Value index(Expr.Index i, Scope scope) {
    Value target = eval(i.target(), scope);
    return switch (target) {
      case Value.Items l ->
          switch (Selection.only(i)) {
            case Expr.Subscript.At at ->
                Selection.element(l, integer(at.index(), scope), at.index().span());
            case Expr.Subscript.Slice s -> {
              List<Value> part =
                  Selection.part(
                      l,
                      s.from().map(x -> integer(x, scope)).orElse(0L),
                      s.to().map(x -> integer(x, scope)).orElse((long) l.values().size()));
              in.steps(part.size(), s.span());
              yield new Value.Items(false, part);
            }
          };
      case Value.Tensor _, Value.Stored _ -> {
        TensorIndexing x =
            new TensorIndexing(tensors, in, tensors.tensor(target, i.target().span()), i);
        for (Expr.Subscript s : i.subscripts()) {
          switch (s) {
            case Expr.Subscript.At at -> x.at(eval(at.index(), scope), at.index().span());
            case Expr.Subscript.Slice p -> {
              int from = p.from().map(e -> x.bound(integer(e, scope), e.span())).orElse(0);
              int to = p.to().map(e -> x.bound(integer(e, scope), e.span())).orElse(x.size());
              x.slice(from, to, p.span());
            }
          }
        }
        yield x.result();
      }
      case Value.Poison _ -> throw Fault.silent();
      default -> throw Selection.noIndices(target, i);
    };
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
    return Expected.bool(eval(e, scope), e.span());
  }

  /** A static whole number. */
  long integer(Expr e, Scope scope) {
    return Expected.integer(eval(e, scope), e.span());
  }

  /** A static list. */
  List<Value> list(Expr e, Scope scope) {
    return Expected.list(eval(e, scope), e);
  }

  /** A parameter or buffer, not its value. */
  Storage stored(Expr e, Scope scope) {
    return Expected.stored(eval(e, scope), e.span());
  }
}
