package dev.lgc.compiler.plan;

import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.KernelInterpreter;
import dev.lgc.dsl.type.DType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Runs plans on the kernel interpreter, with real arenas. */
public final class PlanMachine {
  private final ExecutionPlan plan;
  private final Map<Arena, ByteBuffer> arenas = new EnumMap<>(Arena.class);
  private final boolean backwards;

  public PlanMachine(ExecutionPlan plan, boolean backwards) {
    this.plan = plan;
    this.backwards = backwards;
    plan.arenaBytes()
        .forEach(
            (a, bytes) -> {
              ByteBuffer b =
                  ByteBuffer.allocate(Math.toIntExact(bytes)).order(ByteOrder.nativeOrder());
              for (int i = 0; i + 4 <= b.capacity(); i += 4) {
                b.putFloat(i, Float.NaN);
              }
              arenas.put(a, b);
            });
    plan.constants().forEach(c -> write(c.slot(), c.values()));
  }

  public void write(Slot slot, double[] values) {
    KernelInterpreter.Memory m = memory(slot);
    for (int i = 0; i < values.length; i++) {
      m.set(i, values[i]);
    }
  }

  public double[] read(Slot slot) {
    KernelInterpreter.Memory m = memory(slot);
    double[] values = new double[(int) slot.type().shape().elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = m.get(i);
    }
    return values;
  }

  public Slot storage(String key) {
    return plan.storage().stream().filter(s -> s.key().equals(key)).findFirst().get().slot();
  }

  public void run(String step) {
    for (KernelCall c : plan.steps().get(step).calls()) {
      Kernel k = plan.kernels().get(c.kernel());
      List<KernelInterpreter.Memory> memory = new ArrayList<>();
      for (int i = 0; i < c.slots().size(); i++) {
        if (k.buffers().get(i).elements() != c.slots().get(i).type().shape().elements()) {
          throw new AssertionError(k.name() + " buffer " + i + " bound to " + c.slots().get(i));
        }
        memory.add(memory(c.slots().get(i)));
      }
      KernelInterpreter.run(k, memory, backwards);
    }
  }

  private KernelInterpreter.Memory memory(Slot slot) {
    ByteBuffer b = arenas.get(slot.arena());
    int at = Math.toIntExact(slot.offset());
    DType t = slot.type().dtype();
    int elements = (int) slot.type().shape().elements();
    return new KernelInterpreter.Memory() {
      @Override
      public double get(int i) {
        check(i);
        return switch (t) {
          case F32 -> b.getFloat(at + 4 * i);
          case F64 -> b.getDouble(at + 8 * i);
          case I32 -> b.getInt(at + 4 * i);
          case BOOL, I8 -> b.get(at + i);
          case BF16 -> Float.intBitsToFloat(b.getShort(at + 2 * i) << 16);
          case F16 -> Float.float16ToFloat(b.getShort(at + 2 * i));
        };
      }

      @Override
      public void set(int i, double v) {
        check(i);
        switch (t) {
          case F32 -> b.putFloat(at + 4 * i, (float) v);
          case F64 -> b.putDouble(at + 8 * i, v);
          case I32 -> b.putInt(at + 4 * i, (int) v);
          case BOOL, I8 -> b.put(at + i, (byte) v);
          case BF16 -> b.putShort(at + 2 * i, (short) (Float.floatToRawIntBits((float) v) >> 16));
          case F16 -> b.putShort(at + 2 * i, Float.floatToFloat16((float) v));
        }
      }

      private void check(int i) {
        if (i < 0 || i >= elements) {
          throw new IndexOutOfBoundsException(i + " of " + slot);
        }
      }
    };
  }
}
