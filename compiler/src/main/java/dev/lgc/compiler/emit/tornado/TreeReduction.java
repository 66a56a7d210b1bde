package dev.lgc.compiler.emit.tornado;

import dev.lgc.compiler.kernel.Stage;
import dev.lgc.dsl.type.DType;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reductions over the items of a group: in a tree whose shape is fixed, through local memory. After
 * one, its memory is busy until the next barrier.
 */
final class TreeReduction {
  private final TaskMethod method;
  private final DeviceCode code;
  private final ExpressionWriter values;
  private final DeviceOperand item;
  private final int items;
  private final Map<DType, MemRef.Array> memory = new EnumMap<>(DType.class);
  private MemRef.Array positions;
  private boolean busy;

  /**
   * The memory that a tree needs for each item.
   *
   * @param types of what is reduced
   * @param positional whether positions are kept, too
   */
  record Needs(Set<DType> types, boolean positional) {
    /** Bytes of local memory. */
    int bytes(int items) {
      return items * 4 * (types.size() + (positional ? 1 : 0));
    }
  }

  /** The needs of the stages of a kernel that items reduce together. */
  static Needs needs(List<Stage> stages, List<DeviceSchedule.Share> shares) {
    Set<DType> types = EnumSet.noneOf(DType.class);
    boolean positional = false;
    for (int i = 0; i < shares.size(); i++) {
      if (shares.get(i) == DeviceSchedule.Share.TOGETHER
          || shares.get(i) == DeviceSchedule.Share.SPLIT) {
        types.add(StageWriter.reduced(stages.get(i)));
        positional |= StageWriter.isPositional(stages.get(i));
      }
    }
    return new Needs(types, positional);
  }

  /**
   * @param item the number of this item in its group
   */
  TreeReduction(
      TaskMethod method, ExpressionWriter values, DeviceOperand item, int items, Needs needs) {
    this.method = method;
    this.code = method.code();
    this.values = values;
    this.item = item;
    this.items = items;
    for (DType t : needs.types) {
      memory.put(t, method.local("tree", t, items));
    }
    if (needs.positional) {
      positions = method.local("positions", DType.I32, items);
    }
  }

  /** Takes note of a barrier: the memory may be used again. */
  void synchronised() {
    busy = false;
  }

  /**
   * The reduction of what the items have, the same for all of them.
   *
   * @param contributing only the first so many items have anything
   */
  DeviceOperand reduce(StageWriter.Partial mine, int contributing) {
    reduce(mine, Math.min(items, Integer.highestOneBit(2 * contributing - 1)), 1);
    MemRef.Array result = mine.at() == null ? memory.get(mine.best().dtype()) : positions;
    result.load(code, code.b::iconst_0);
    return values.save("reduced", result.dtype());
  }

  /**
   * Reduces what lanes have, side by side: item {@code i} below {@code apart} ends with the
   * reduction of items {@code i, i + apart, i + 2 apart, …} in its own {@code mine}.
   *
   * @param lanes a power of two
   */
  void reduce(StageWriter.Partial mine, int lanes, int apart) {
    if (busy) {
      method.localBarrier();
    }
    put(mine);
    method.localBarrier();
    for (int half = lanes / 2; half > 0; half /= 2) {
      int by = half * apart;
      code.ifBelow(
          ((DeviceOperand.Variable) item).variable(),
          by,
          () -> {
            MemRef.Array best = memory.get(mine.best().dtype());
            DeviceOperand other = get(best, best.dtype(), by);
            mine.merge(other, mine.at() == null ? null : get(positions, DType.I32, by));
            put(mine);
          });
      method.localBarrier();
    }
    busy = true;
  }

  private void put(StageWriter.Partial mine) {
    put(memory.get(mine.best().dtype()), mine.best());
    if (mine.at() != null) {
      put(positions, mine.at());
    }
  }

  private void put(MemRef.Array to, DeviceOperand v) {
    to.store(code, values.pusher(item), values.pusher(v));
  }

  private DeviceOperand get(MemRef.Array from, DType type, int by) {
    from.load(code, () -> values.pushSum(item, by));
    return values.save("other", type);
  }
}
