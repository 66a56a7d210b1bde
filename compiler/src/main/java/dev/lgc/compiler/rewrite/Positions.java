package dev.lgc.compiler.rewrite;

import dev.lgc.compiler.op.DynamicSlice;
import dev.lgc.compiler.op.Terms;
import dev.lgc.dsl.type.TensorType;

/** The positions that a derived step computes. */
sealed interface Positions {
  /** The number of elements in it of an axis that starts at {@code start}; 0 if none. */
  int length(int start);

  /** Those elements of a value's axis. */
  int take(Terms t, int value, int axis, int start);

  /** The index of the first of them on an axis that starts at {@code start}. */
  int first(Terms t, int start);

  /** All that precedes the codes. */
  record Prefix() implements Positions {
    @Override
    public int length(int start) {
      return Math.max(0, -start);
    }

    @Override
    public int take(Terms t, int value, int axis, int start) {
      return t.slice(value, axis, 0, -start);
    }

    @Override
    public int first(Terms t, int start) {
      return t.fill(0, TensorType.i32());
    }
  }

  /** The one position that a scalar I32 value names. */
  record Single(int position) implements Positions {
    @Override
    public int length(int start) {
      return 1;
    }

    @Override
    public int take(Terms t, int value, int axis, int start) {
      return t.add(new DynamicSlice(axis, 1), value, first(t, start));
    }

    @Override
    public int first(Terms t, int start) {
      return start == 0 ? position : t.plus(position, t.fill(-start, TensorType.i32()));
    }
  }
}
