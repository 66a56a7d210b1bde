package uk.ac.manchester.tornado.api.types.arrays;

import java.util.Arrays;

/** Stands in for TornadoVM's array of bytes: what emitted kernels use of it. Poisoned at first. */
public final class ByteArray {
  private final byte[] elements;

  public ByteArray(int size) {
    elements = new byte[size];
    Arrays.fill(elements, (byte) 0x7F);
  }

  public byte get(int index) {
    return elements[index];
  }

  public void set(int index, byte value) {
    elements[index] = value;
  }

  public int getSize() {
    return elements.length;
  }
}
