package dev.lgc.compiler.emit.tornado;

import dev.lgc.compiler.algorithm.Rounding;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Slot;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.List;
import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;

/** A layout's arrays, constants written, no check failed, the rest poisoned. */
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
            case BF16, F16 -> new ShortArray(n);
            case I8, BOOL -> new ByteArray(n);
            case F64 -> throw new IllegalArgumentException(a.toString());
          });
    }
    layout.checks().ifPresent(this::clear);
    plan.constants().forEach(c -> write(c.slot(), c.values()));
  }

  private void clear(DeviceArray checks) {
    for (int i = 0; i < checks.elements(); i++) {
      set(new DeviceLayout.Place(checks.number(), 0), i, 0);
    }
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
      case ShortArray a when dtype(p) == DType.BF16 -> Rounding.fromBf16Bits(a.get(p.offset() + i));
      case ShortArray a -> Float.float16ToFloat(a.get(p.offset() + i));
      case ByteArray a -> a.get(p.offset() + i);
      case Object a -> throw new IllegalStateException(a.toString());
    };
  }

  public void set(DeviceLayout.Place p, int i, double v) {
    switch (arrays.get(p.array())) {
      case FloatArray a -> a.set(p.offset() + i, (float) v);
      case IntArray a -> a.set(p.offset() + i, (int) v);
      case ShortArray a when dtype(p) == DType.BF16 ->
          a.set(p.offset() + i, Rounding.toBf16Bits((float) v));
      case ShortArray a -> a.set(p.offset() + i, Float.floatToFloat16((float) v));
      case ByteArray a -> a.set(p.offset() + i, (byte) v);
      case Object a -> throw new IllegalStateException(a.toString());
    }
  }

  /** The type of the elements of an array. */
  public DType dtype(DeviceLayout.Place p) {
    return layout.arrays().get(p.array()).dtype();
  }
}
