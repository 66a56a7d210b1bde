package uk.ac.manchester.tornado.api.types.arrays;

import java.util.Arrays;

/** Stands in for TornadoVM's array of shorts: what emitted kernels use of it. Poisoned at first. */
public final class ShortArray {
  private final short[] elements;

  public ShortArray(int size) {
    elements = new short[size];
    Arrays.fill(elements, (short) 0x7FFF);
  }

  public short get(int index) {
    return elements[index];
  }

  public void set(int index, short value) {
    elements[index] = value;
  }

  public int getSize() {
    return elements.length;
  }
}
