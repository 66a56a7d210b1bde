package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.dsl.type.TensorType;
import java.util.List;

/**
 * Ops with a meaning as one {@link Algorithm} over their operands. The sub-families tell schedules
 * what shape of work to expect; the meaning is always the algorithm.
 */
public sealed interface Computed extends Op
    permits Elementwise, Movement, Reduction, Contraction, Indexed {
  /** What each element is. Loads number the operands. */
  Algorithm algorithm(List<TensorType> operands);
}
