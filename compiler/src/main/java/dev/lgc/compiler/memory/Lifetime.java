package dev.lgc.compiler.memory;

/**
 * A value that needs memory from one call to another.
 *
 * @param bytes its size
 * @param first the call that writes it
 * @param last the last call that reads it
 */
public record Lifetime(long bytes, int first, int last) {
  public Lifetime {
    if (bytes < 0 || last < first) {
      throw new IllegalArgumentException("lifetime " + first + " to " + last + " of " + bytes);
    }
  }

  /** Returns true if there is a call at which both are alive. */
  public boolean overlaps(Lifetime o) {
    return first <= o.last && o.first <= last;
  }
}
