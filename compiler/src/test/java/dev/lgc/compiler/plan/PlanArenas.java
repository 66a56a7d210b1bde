package dev.lgc.compiler.plan;

import dev.lgc.compiler.algorithm.Rounding;
import dev.lgc.dsl.type.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.EnumMap;
import java.util.Map;

/** A plan's arenas in native memory, constants written, the rest NaN. */
public final class PlanArenas implements AutoCloseable {
  private final java.lang.foreign.Arena memory = java.lang.foreign.Arena.ofShared();
  private final Map<Arena, MemorySegment> arenas = new EnumMap<>(Arena.class);

  public PlanArenas(ExecutionPlan plan) {
    plan.arenaBytes()
        .forEach(
            (a, bytes) -> {
              MemorySegment m = memory.allocate(bytes + 64, 64);
              m.fill((byte) 0xFF);
              arenas.put(a, m);
            });
    plan.constants().forEach(c -> write(c.slot(), c.values()));
  }

  public MemorySegment segment(Slot slot) {
    Arena arena = slot.arena() == Arena.GRADIENTS ? Arena.WORK : slot.arena();
    return arenas.get(arena).asSlice(slot.offset(), slot.type().bytes());
  }

  public void write(Slot slot, double[] values) {
    MemorySegment m = segment(slot);
    for (int i = 0; i < values.length; i++) {
      set(m, slot.type().dtype(), i, values[i]);
    }
  }

  public double[] read(Slot slot) {
    MemorySegment m = segment(slot);
    double[] values = new double[(int) slot.type().shape().elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = get(m, slot.type().dtype(), i);
    }
    return values;
  }

  /** An element, as a number. */
  public static double get(MemorySegment m, DType type, int i) {
    return switch (type) {
      case F32 -> m.getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i);
      case F64 -> m.getAtIndex(ValueLayout.JAVA_DOUBLE_UNALIGNED, i);
      case I32 -> m.getAtIndex(ValueLayout.JAVA_INT_UNALIGNED, i);
      case BOOL, I8 -> m.get(ValueLayout.JAVA_BYTE, i);
      case BF16 -> Rounding.fromBf16Bits(m.getAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, i));
      case F16 -> Float.float16ToFloat(m.getAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, i));
    };
  }

  /** Sets an element, rounded to its type. */
  public static void set(MemorySegment m, DType type, int i, double v) {
    switch (type) {
      case F32 -> m.setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i, (float) v);
      case F64 -> m.setAtIndex(ValueLayout.JAVA_DOUBLE_UNALIGNED, i, v);
      case I32 -> m.setAtIndex(ValueLayout.JAVA_INT_UNALIGNED, i, (int) v);
      case BOOL, I8 -> m.set(ValueLayout.JAVA_BYTE, i, (byte) v);
      case BF16 ->
          m.setAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, i, Rounding.toBf16Bits((float) v));
      case F16 ->
          m.setAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, i, Float.floatToFloat16((float) v));
    }
  }

  @Override
  public void close() {
    memory.close();
  }
}
