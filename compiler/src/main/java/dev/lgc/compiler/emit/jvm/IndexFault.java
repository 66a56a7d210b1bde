package dev.lgc.compiler.emit.jvm;

/**
 * A kernel was given an index outside of an axis or buffer: a label, code or position in the
 * caller's data.
 */
public final class IndexFault extends RuntimeException {
  /** {@link #buffer()} where an index is outside of an axis, of whatever buffer. */
  public static final int AXIS = -1;

  private static final long serialVersionUID = 1;

  private final int buffer;
  private final long index;
  private final long elements;

  /** An index outside of an axis, as CHECK_INDEX finds it. */
  public IndexFault(int index, int extent) {
    super("index " + index + " of an axis of " + extent);
    this.buffer = AXIS;
    this.index = index;
    this.elements = extent;
  }

  /** A linear index outside of a buffer. */
  public IndexFault(int buffer, long index, long elements) {
    super("element " + index + " of buffer " + buffer + ", which has " + elements);
    this.buffer = buffer;
    this.index = index;
    this.elements = elements;
  }

  /** The number of the kernel's buffer, or {@link #AXIS}. */
  public int buffer() {
    return buffer;
  }

  /** The index asked for: on the axis, or the linear element index. */
  public long index() {
    return index;
  }

  /** The extent of the axis, or the buffer's elements. */
  public long elements() {
    return elements;
  }
}
