package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.Expr;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.source.Span;
import dev.lgc.dsl.type.Intrinsic;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Subscripts of a tensor, {@code x[:, 1:, 0]}, taken axis by axis: slices keep an axis, positions
 * drop it.
 */
final class TensorIndexing {
  private final Tensors tensors;
  private final Elaboration in;
  private final Value.Tensor x;
  private final Span span;
  private final List<Dim> kept = new ArrayList<>();
  private Value.Tensor out;
  private int axis;

  TensorIndexing(Tensors tensors, Elaboration in, Value.Tensor x, Expr.Index i) {
    if (i.subscripts().size() > x.rank()) {
      throw new Fault(
          Diagnostic.of(Code.RANK_MISMATCH, i.span(), "there are more indices than dimensions")
              .withFound(i.subscripts().size() + " indices for " + in.dimensions.show(x)));
    }
    this.tensors = tensors;
    this.in = in;
    this.x = x;
    this.span = i.span();
    this.out = x;
  }

  private Dim dim() {
    return x.dims().get(axis);
  }

  /** The size of the axis that the next subscript is of. */
  int size() {
    return dim().size();
  }

  /** The next axis at one position, which a static int says. */
  void at(Value index, Span at) {
    if (Value.isTensor(index)) {
      throw new Fault(
          Diagnostic.of(Code.NOT_STATIC, at, "an index must be known before the model runs")
              .withHint("use `gather(table, indices)` or `pick(x, indices)`"));
    }
    long k = Expected.integer(index, at);
    if (k < -size() || k >= size()) {
      throw outside(k, size() - 1, at);
    }
    int from = (int) (k < 0 ? k + size() : k);
    out = tensors.slice(out, axis, from, from + 1, Dim.of(1), span);
    axis++;
  }

  /** An end of a slice of the next axis, counted from the end if it is negative. */
  int bound(long k, Span at) {
    if (k < -size() || k > size()) {
      throw outside(k, size(), at);
    }
    return (int) (k < 0 ? k + size() : k);
  }

  /** The next axis between two positions. */
  void slice(int from, int to, Span at) {
    if (from > to) {
      throw new Fault(
          Diagnostic.of(Code.OUT_OF_RANGE, at, "this slice ends before it begins")
              .withFound(from + " to " + to));
    }
    boolean all = from == 0 && to == size();
    Dim size = all ? dim() : Dim.of(to - from);
    if (!all) {
      out = tensors.slice(out, axis, from, to, size, span);
    }
    kept.add(size);
    axis++;
  }

  /** The elements that the subscripts leave; axes without one are whole. */
  Value.Tensor result() {
    kept.addAll(x.dims().subList(axis, x.rank()));
    return kept.size() == x.rank()
        ? out
        : tensors.emit(Intrinsic.RESHAPE, List.of(out), Map.of(), x.dtype(), kept, span);
  }

  private Fault outside(long k, int last, Span at) {
    String origin = dim().origin();
    return new Fault(
        Diagnostic.of(Code.OUT_OF_RANGE, at, "this index is outside the tensor")
            .withFound(Long.toString(k))
            .withExpected(
                "at most "
                    + in.dimensions.show(last)
                    + (origin.isEmpty() ? "" : ", the size being " + origin)));
  }
}
