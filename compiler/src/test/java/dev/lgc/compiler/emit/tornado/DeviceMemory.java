package dev.lgc.compiler.emit.tornado;

import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Slot;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.List;
import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** A layout's arrays, constants written, the rest poisoned. */
public final class DeviceMemory {
  private final DeviceLayout layout;
  private final List<Object> arrays = new ArrayList<>();

  public DeviceMemory(ExecutionPlan plan, DeviceLayout layout) {
    this.layout = layout;
    for (DeviceArray a : layout.arrays()) {
      int n = (int) a.elements();
      arrays.add(
          switch (a.dtype()) {
            case F32 -> new FloatArray(n);
            case I32 -> new IntArray(n);
            case BOOL -> new ByteArray(n);
            case F64, BF16, F16, I8 -> throw new IllegalArgumentException(a.toString());
          });
    }
    plan.constants().forEach(c -> write(c.slot(), c.values()));
  }

  /** What a task is given for an array. */
  public Object array(int number) {
    return arrays.get(number);
  }

  public void write(Slot slot, double[] values) {
    for (int i = 0; i < values.length; i++) {
      set(layout.place(slot), i, values[i]);
    }
  }

  public double[] read(Slot slot) {
    double[] values = new double[(int) slot.type().shape().elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = get(layout.place(slot), i);
    }
    return values;
  }

  public double get(DeviceLayout.Place p, int i) {
    return switch (arrays.get(p.array())) {
      case FloatArray a -> a.get(p.offset() + i);
      case IntArray a -> a.get(p.offset() + i);
      case ByteArray a -> a.get(p.offset() + i);
      case Object a -> throw new IllegalStateException(a.toString());
    };
  }

  public void set(DeviceLayout.Place p, int i, double v) {
    switch (arrays.get(p.array())) {
      case FloatArray a -> a.set(p.offset() + i, (float) v);
      case IntArray a -> a.set(p.offset() + i, (int) v);
      case ByteArray a -> a.set(p.offset() + i, (byte) v);
      case Object a -> throw new IllegalStateException(a.toString());
    }
  }

  /** The type of the elements of an array. */
  public DType dtype(DeviceLayout.Place p) {
    return layout.arrays().get(p.array()).dtype();
  }
}
