package dev.lgc.compiler.emit.jvm.contraction;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/** Off-heap memory by absolute address. */
final class Memory {
  static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
  static final ByteOrder ORDER = ByteOrder.nativeOrder();
  static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
  static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

  /** Bytes of a line of memory. */
  static final int LINE = 64;

  private Memory() {}

  /** Zeros that stay for as long as the process does. */
  static long lasting(long bytes) {
    return Arena.global().allocate(bytes, LINE).address();
  }

  static float get(long address) {
    return ALL.get(FLOAT, address);
  }

  static void set(long address, float value) {
    ALL.set(FLOAT, address, value);
  }

  static int getInt(long address) {
    return ALL.get(INT, address);
  }

  static void setInt(long address, int value) {
    ALL.set(INT, address, value);
  }

  static long getLong(long address) {
    return ALL.get(LONG, address);
  }

  static void setLong(long address, long value) {
    ALL.set(LONG, address, value);
  }

  /** Sets floats to zero. */
  static void clear(long address, long bytes) {
    for (long at = address; at < address + bytes; at += 4) {
      set(at, 0);
    }
  }

  static FloatVector load(VectorSpecies<Float> species, long address) {
    return FloatVector.fromMemorySegment(species, ALL, address, ORDER);
  }

  static FloatVector load(VectorSpecies<Float> species, long address, VectorMask<Float> mask) {
    return FloatVector.fromMemorySegment(species, ALL, address, ORDER, mask);
  }

  static IntVector loadInts(VectorSpecies<Integer> species, long address) {
    return IntVector.fromMemorySegment(species, ALL, address, ORDER);
  }

  static void store(FloatVector vector, long address) {
    vector.intoMemorySegment(ALL, address, ORDER);
  }

  static void store(FloatVector vector, long address, VectorMask<Float> mask) {
    vector.intoMemorySegment(ALL, address, ORDER, mask);
  }
}
