package dev.lgc.compiler.rewrite;

import dev.lgc.compiler.op.Conv2d;
import dev.lgc.compiler.op.Conv2dInputGradient;
import dev.lgc.compiler.op.MaxPool2d;
import dev.lgc.compiler.op.MaxPool2dIndex;
import dev.lgc.compiler.op.Op;
import dev.lgc.compiler.op.RowFilter;
import dev.lgc.compiler.op.RowSpread;
import dev.lgc.compiler.op.SumPool2d;
import dev.lgc.compiler.op.SumPool2dGradient;

/**
 * Ops whose first axis is a batch and whose result carries no shape of it: they fit any number of
 * samples.
 */
final class PerSample {
  private PerSample() {}

  static boolean is(Op op) {
    return op instanceof Conv2d
        || op instanceof Conv2dInputGradient
        || op instanceof MaxPool2d
        || op instanceof MaxPool2dIndex
        || op instanceof RowFilter
        || op instanceof RowSpread
        || op instanceof SumPool2d
        || op instanceof SumPool2dGradient;
  }
}
