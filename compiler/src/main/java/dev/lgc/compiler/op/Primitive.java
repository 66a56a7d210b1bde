package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.dsl.type.TensorType;
import java.util.List;

/**
 * An op with a meaning as one {@link Algorithm} over its operands. The sub-families tell schedules
 * what shape of work to expect; the meaning is always the algorithm.
 */
public sealed interface Primitive extends Op
    permits Elementwise, Movement, Reduction, Contraction, Indexed {
  /** The value of each element; loads number the operands. */
  Algorithm algorithm(List<TensorType> operands);
}
