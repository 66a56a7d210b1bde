package dev.lgc.compiler.emit.tornado;

import dev.lgc.compiler.plan.Arena;
import dev.lgc.dsl.type.DType;
import java.lang.constant.ClassDesc;

/**
 * One array on the device: all values of one type of one of the plan's arenas.
 *
 * @param number its place in {@link DeviceLayout#arrays()}
 * @param arena what its values are to a session
 * @param dtype F32 (a {@code FloatArray}), I32 (an {@code IntArray}), BF16 or F16 (a {@code
 *     ShortArray}), I8 or BOOL (a {@code ByteArray}; 0 or 1)
 * @param elements its length, at least 1 and below 2³¹
 */
public record DeviceArray(int number, Arena arena, DType dtype, long elements) {
  public DeviceArray {
    if (elements < 1 || elements > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(arena + " of " + elements + " " + dtype);
    }
  }

  /** TornadoVM's class of arrays of a type, dotted. */
  public static String className(DType type) {
    ClassDesc c = TornadoTypes.array(type);
    return c.packageName() + "." + c.displayName();
  }
}
