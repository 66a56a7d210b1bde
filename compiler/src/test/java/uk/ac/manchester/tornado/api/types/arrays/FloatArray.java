package uk.ac.manchester.tornado.api.types.arrays;

import java.util.Arrays;

/** Stands in for TornadoVM's array of floats: what emitted kernels use of it. Poisoned at first. */
public final class FloatArray {
  private final float[] elements;

  public FloatArray(int size) {
    elements = new float[size];
    Arrays.fill(elements, Float.NaN);
  }

  public float get(int index) {
    return elements[index];
  }

  public void set(int index, float value) {
    elements[index] = value;
  }

  public int getSize() {
    return elements.length;
  }
}
