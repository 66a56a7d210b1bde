package dev.lgc.compiler.plan;

import dev.lgc.compiler.graph.Origin;
import dev.lgc.compiler.op.AllGather;
import dev.lgc.compiler.op.AllReduce;
import dev.lgc.compiler.op.Collective;
import dev.lgc.compiler.op.ReduceScatter;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.List;

/**
 * A collective applied to slots. Several tensors in one call are a bucket: together they take fewer
 * messages. All ranks make the same collective calls in the same order.
 *
 * <p>An engine may compute it beside the calls that follow; {@link CollectiveWaits} says how long.
 *
 * @param from operands
 * @param to results, as many; the result of an all-reduce may be where its operand of F32 is
 * @param origin the most telling {@code .arch} line
 * @param label for reports
 */
public record CollectiveCall(
    Collective op, List<Slot> from, List<Slot> to, Origin origin, String label) implements Call {
  public CollectiveCall {
    from = List.copyOf(from);
    to = List.copyOf(to);
    if (from.isEmpty() || from.size() != to.size()) {
      throw new IllegalArgumentException(from.size() + " operands, " + to.size() + " results");
    }
    for (int i = 0; i < from.size(); i++) {
      if (!fits(op, from.get(i), to.get(i))) {
        throw new IllegalArgumentException(op + " of " + from.get(i) + " to " + to.get(i));
      }
    }
  }

  private static boolean fits(Collective op, Slot from, Slot to) {
    long operand = from.type().shape().elements();
    long result = to.type().shape().elements();
    int size = op.group().size();
    DType type = from.type().dtype();
    boolean isSum = Collective.isAddable(type) && to.type().dtype() == DType.F32;
    return switch (op) {
      case AllGather _ ->
          Math.multiplyExact(operand, (long) size) == result && to.type().dtype() == type;
      case AllReduce _ -> operand == result && isSum;
      case ReduceScatter _ -> operand == Math.multiplyExact(result, (long) size) && isSum;
    };
  }

  /** Operands, then results. */
  @Override
  public List<Slot> slots() {
    List<Slot> slots = new ArrayList<>(from);
    slots.addAll(to);
    return slots;
  }

  /** Bytes of an element of the results for each of the operands: 2 where BF16 is added up. */
  public int widening() {
    return to.getFirst().type().dtype().bytes() / from.getFirst().type().dtype().bytes();
  }

  /** Bytes of all operands. */
  public long bytes() {
    return from.stream().mapToLong(s -> s.type().bytes()).sum();
  }
}
