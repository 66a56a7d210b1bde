package dev.lgc.dsl.model;

import dev.lgc.dsl.type.Intrinsic;
import dev.lgc.dsl.type.TensorType;
import java.util.List;
import java.util.Map;

/**
 * One application of a tensor operation in an elaborated entry.
 *
 * @param operation what is computed
 * @param operands earlier values of the same entry, by number
 * @param attributes the operation's static arguments; {@link Intrinsic} names them and their types
 * @param type the result, checked
 * @param module path of the sub-block instance that applied it ({@code layers.0.attention}), empty
 *     for the model itself
 * @param where the expression in the user's source
 */
public record Call(
    Intrinsic operation,
    List<Integer> operands,
    Map<String, Object> attributes,
    TensorType type,
    String module,
    SourcePlace where)
    implements Definition {
  public Call {
    operands = List.copyOf(operands);
    attributes = Map.copyOf(attributes);
  }
}
