package uk.ac.manchester.tornado.api.types.arrays;

import java.util.Arrays;

/** Stands in for TornadoVM's array of ints: what emitted kernels use of it. Poisoned at first. */
public final class IntArray {
  private final int[] elements;

  public IntArray(int size) {
    elements = new int[size];
    Arrays.fill(elements, 0x7F7F7F7F);
  }

  public int get(int index) {
    return elements[index];
  }

  public void set(int index, int value) {
    elements[index] = value;
  }

  public int getSize() {
    return elements.length;
  }
}
