package dev.lgc.compiler.emit.jvm;

/**
 * A kernel was given an index outside of a buffer: a label, code or position in the caller's data.
 */
public final class IndexFault extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final int buffer;
  private final long index;
  private final long elements;

  public IndexFault(int buffer, long index, long elements) {
    super("element " + index + " of buffer " + buffer + ", which has " + elements);
    this.buffer = buffer;
    this.index = index;
    this.elements = elements;
  }

  /** Which of the kernel's buffers. */
  public int buffer() {
    return buffer;
  }

  /** The linear element index asked for. */
  public long index() {
    return index;
  }

  /** How many elements there are. */
  public long elements() {
    return elements;
  }
}
