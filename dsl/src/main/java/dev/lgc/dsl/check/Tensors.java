package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.Expr;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.source.Span;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Intrinsic;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Operators on tensors, and the rules of sizes that all operations share. */
final class Tensors {
  private final Elaboration in;

  Tensors(Elaboration in) {
    this.in = in;
  }

  Value.Tensor tensor(Value v, Span at) {
    return tensor(
        v,
        v instanceof Value.Int ? DType.I32 : v instanceof Value.Bool ? DType.BOOL : DType.F32,
        at);
  }

  /** The value as a tensor; a static number gets the wanted type if that loses nothing. */
  Value.Tensor tensor(Value v, DType want, Span at) {
    return switch (v) {
      case Value.Tensor t -> t;
      case Value.Stored s -> in.entry(at).read(s.storage(), at);
      case Value.Int i ->
          in.entry(at).literal(i.value(), want == DType.BOOL ? DType.I32 : want, at);
      case Value.Real r -> in.entry(at).literal(r.value(), DType.F32, at);
      case Value.Bool b -> in.entry(at).literal(b.value() ? 1 : 0, DType.BOOL, at);
      case Value.Poison _ -> throw Fault.silent();
      default ->
          throw new Fault(
              Diagnostic.of(Code.TYPE_MISMATCH, at, "this must be a tensor")
                  .withFound(Value.kind(v)));
    };
  }

  /** A dimension that makes sense. */
  int size(long v, Span at) {
    if (v < 0 || v > Integer.MAX_VALUE) {
      throw new Fault(
          Diagnostic.of(
                  Code.INVALID_SIZE,
                  at,
                  v < 0 ? "a size cannot be negative" : "this size is too large")
              .withFound(Long.toString(v)));
    }
    return (int) v;
  }

  Value.Tensor emit(
      Intrinsic op,
      List<Value.Tensor> operands,
      Map<String, Object> attributes,
      DType dtype,
      List<Dim> dims,
      Span at) {
    return in.entry(at).emit(op, operands, attributes, dtype, dims, at);
  }

  Value.Tensor emit(Intrinsic op, Value.Tensor x, Span at) {
    return emit(op, List.of(x), Map.of(), x.dtype(), x.dims(), at);
  }

  Value unary(Expr.UnaryOp op, Value v, Span at) {
    Value.Tensor x = tensor(v, at);
    return switch (op) {
      case NEGATE -> {
        notBool(x, "-", at);
        yield emit(Intrinsic.NEG, x, at);
      }
      case NOT -> {
        onlyBool(x, "not", at);
        yield emit(Intrinsic.NOT, x, at);
      }
    };
  }

  private void notBool(Value.Tensor x, String sign, Span at) {
    if (x.dtype() == DType.BOOL) {
      throw new Fault(
          Diagnostic.of(Code.DTYPE_MISMATCH, at, "`" + sign + "` needs numbers")
              .withFound(in.dimensions.show(x))
              .withHint("convert with `cast(x, float)`"));
    }
  }

  private void onlyBool(Value.Tensor x, String sign, Span at) {
    if (x.dtype() != DType.BOOL) {
      throw new Fault(
          Diagnostic.of(Code.DTYPE_MISMATCH, at, "`" + sign + "` needs bools")
              .withFound(in.dimensions.show(x)));
    }
  }

  Value binary(Expr.BinaryOp op, Value left, Value right, Expr.Binary at) {
    if (left instanceof Value.Poison || right instanceof Value.Poison) {
      throw Fault.silent();
    }
    DType want =
        left instanceof Value.Tensor t
            ? t.dtype()
            : right instanceof Value.Tensor t ? t.dtype() : DType.F32;
    boolean divides = op == Expr.BinaryOp.DIV || op == Expr.BinaryOp.MOD;
    if (divides && want == DType.I32 && right instanceof Value.Int i && i.value() == 0) {
      throw Statics.byZero(at);
    }
    Value.Tensor l = tensor(left, want, at.left().span());
    Value.Tensor r = tensor(right, want, at.right().span());
    return switch (op) {
      case ADD -> arithmetic(Intrinsic.ADD, l, r, at);
      case SUB -> arithmetic(Intrinsic.SUB, l, r, at);
      case MUL -> arithmetic(Intrinsic.MUL, l, r, at);
      case DIV -> arithmetic(Intrinsic.DIV, l, r, at);
      case MOD -> {
        Value.Tensor q = arithmetic(Intrinsic.DIV, l, r, at);
        Value.Tensor whole = q.dtype() == DType.F32 ? emit(Intrinsic.FLOOR, q, at.span()) : q;
        yield arithmetic(Intrinsic.SUB, l, arithmetic(Intrinsic.MUL, whole, r, at), at);
      }
      case LT -> compare(Intrinsic.LT, l, r, at);
      case LE -> compare(Intrinsic.LE, l, r, at);
      case GT -> compare(Intrinsic.GT, l, r, at);
      case GE -> compare(Intrinsic.GE, l, r, at);
      case EQ -> compare(Intrinsic.EQ, l, r, at);
      case NE -> compare(Intrinsic.NE, l, r, at);
      case AND, OR -> {
        onlyBool(l, op.sign(), at.left().span());
        onlyBool(r, op.sign(), at.right().span());
        Intrinsic i = op == Expr.BinaryOp.AND ? Intrinsic.AND : Intrinsic.OR;
        yield emit(i, List.of(l, r), Map.of(), DType.BOOL, broadcast(l, r, at.span()), at.span());
      }
    };
  }

  private Value.Tensor arithmetic(Intrinsic op, Value.Tensor l, Value.Tensor r, Expr.Binary at) {
    notBool(l, at.op().sign(), at.left().span());
    notBool(r, at.op().sign(), at.right().span());
    return elementwise(op, l, r, at.span());
  }

  private Value.Tensor compare(Intrinsic op, Value.Tensor l, Value.Tensor r, Expr.Binary at) {
    sameType(l, r, at.span());
    return emit(op, List.of(l, r), Map.of(), DType.BOOL, broadcast(l, r, at.span()), at.span());
  }

  Value.Tensor elementwise(Intrinsic op, Value.Tensor l, Value.Tensor r, Span at) {
    sameType(l, r, at);
    return emit(op, List.of(l, r), Map.of(), l.dtype(), broadcast(l, r, at), at);
  }

  void sameType(Value.Tensor l, Value.Tensor r, Span at) {
    if (l.dtype() != r.dtype()) {
      throw new Fault(
          Diagnostic.of(Code.DTYPE_MISMATCH, at, "both sides must have the same elements")
              .withFound(
                  l.dtype().keyword()
                      + in.dimensions.show(l.dims())
                      + " and "
                      + r.dtype().keyword()
                      + in.dimensions.show(r.dims()))
              .withHint("convert one with `cast(x, float)`"));
    }
  }

  /** The dimensions of both together: size 1 and missing leading dimensions stretch. */
  List<Dim> broadcast(Value.Tensor l, Value.Tensor r, Span at) {
    List<Dim> a = l.rank() >= r.rank() ? l.dims() : r.dims();
    List<Dim> b = l.rank() >= r.rank() ? r.dims() : l.dims();
    int lead = a.size() - b.size();
    List<Dim> out = new ArrayList<>(a);
    boolean stretched = lead > 0;
    for (int i = 0; i < b.size(); i++) {
      Dim x = a.get(lead + i);
      Dim y = b.get(i);
      if (x.size() == y.size()) {
        out.set(lead + i, x.expr().isPresent() ? x : y);
      } else if (x.size() == 1 || y.size() == 1) {
        stretched = true;
        out.set(lead + i, x.size() == 1 ? y : x);
      } else {
        Diagnostic d =
            Diagnostic.of(Code.SHAPE_MISMATCH, at, "these shapes do not fit each other")
                .withFound(in.dimensions.show(l) + " and " + in.dimensions.show(r))
                .withExpected(
                    side(l, l.rank() - b.size() + i)
                        + " and "
                        + side(r, r.rank() - b.size() + i)
                        + " to be equal, or one of them 1");
        throw new Fault(d);
      }
    }
    if (stretched && !l.dims().isEmpty() && !r.dims().isEmpty() && inLoss()) {
      throw new Fault(
          Diagnostic.of(Code.SHAPE_MISMATCH, at, "operands are not broadcast in an objective")
              .withFound(in.dimensions.show(l) + " and " + in.dimensions.show(r))
              .withHint("expand one with `broadcast(x, [...])`, or name the missing index"));
    }
    return out;
  }

  private String side(Value.Tensor t, int axis) {
    Dim d = t.dims().get(axis);
    String origin = d.origin();
    return in.dimensions.show(d.size())
        + (origin.isEmpty()
            ? " (axis " + axis + " of " + in.dimensions.show(t) + ")"
            : " (" + origin + ")");
  }

  private boolean inLoss() {
    return in.depth() == 0 && in.entry().filter(e -> e.kind() == Entry.Kind.OBJECTIVE).isPresent();
  }

  Value.Tensor slice(Value.Tensor x, int axis, int from, int to, Dim size, Span at) {
    List<Dim> dims = new ArrayList<>(x.dims());
    dims.set(axis, size);
    return emit(
        Intrinsic.SLICE,
        List.of(x),
        Map.of("axis", axis, "start", from, "stop", to),
        x.dtype(),
        dims,
        at);
  }
}
