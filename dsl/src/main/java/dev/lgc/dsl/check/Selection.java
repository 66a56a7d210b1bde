package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.Expr;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.NearNames;
import dev.lgc.dsl.source.Span;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Fields and elements of values: {@code target.name}, {@code list[i]}, {@code list[from:to]}. */
final class Selection {
  private Selection() {}

  /** The member of that name of an instance, a group, a row of a scale, or a model. */
  static Value field(Value target, Expr.Field f) {
    String name = f.name().text();
    Span at = f.name().span();
    return switch (target) {
      case Value.Row r -> member(r.fields(), r.scale().name() + " row", name, at);
      case Value.Container c -> member(c.members(), "this group", name, at);
      case Value.Facts x -> member(x.facts(), x.block().name(), name, at);
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

  /** The subscript of a list, which has one. */
  static Expr.Subscript only(Expr.Index i) {
    if (i.subscripts().size() != 1) {
      throw new Fault(Diagnostic.of(Code.INVALID_ARGUMENT, i.span(), "a list has one index"));
    }
    return i.subscripts().getFirst();
  }

  /** The element of a list at an index, counted from the end if that is negative. */
  static Value element(Value.Items l, long k, Span at) {
    int n = l.values().size();
    if (k < -n || k >= n) {
      throw new Fault(
          Diagnostic.of(Code.OUT_OF_RANGE, at, "this index is outside the list")
              .withFound(Long.toString(k))
              .withExpected(n == 0 ? "nothing: the list is empty" : "0 to " + (n - 1)));
    }
    Value v = l.values().get((int) (k < 0 ? k + n : k));
    if (v instanceof Value.Poison) {
      throw Fault.silent();
    }
    return v;
  }

  /** The elements of a list from an index to another; indices outside of it mean its ends. */
  static List<Value> part(Value.Items l, long from, long to) {
    int n = l.values().size();
    int first = clamp(from, n);
    return l.values().subList(first, Math.max(first, clamp(to, n)));
  }

  private static int clamp(long k, int n) {
    return Math.clamp(k < 0 ? k + n : k, 0, n);
  }

  /** A value that has no indices. */
  static Fault noIndices(Value target, Expr.Index i) {
    return new Fault(
        Diagnostic.of(Code.TYPE_MISMATCH, i.target().span(), "only lists and tensors have indices")
            .withFound(Value.kind(target)));
  }
}
