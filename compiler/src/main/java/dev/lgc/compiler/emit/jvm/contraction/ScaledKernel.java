package dev.lgc.compiler.emit.jvm.contraction;

/** The inner loop of {@link ScaledRows}: some rows of A by some columns of B, unit after unit. */
public interface ScaledKernel {
  /**
   * Distances in bytes.
   *
   * @param rowA a row of A and the next
   * @param stepA a step and the next in A
   * @param stepB a step and the next in B
   * @param unitB a unit of columns and the next in B
   * @param rowC a row of C and the next
   * @param unitC a unit of columns and the next in C
   */
  record Strides(long rowA, long stepA, long stepB, long unitB, long rowC, long unitC) {}

  /**
   * Sums up a tile of each of some units.
   *
   * @param a address of the first step of the first row
   * @param b address of the first step of the first column
   * @param c address of the first row's first column
   * @param live how many columns of the last vector exist, in a tile of single vectors
   * @param goesOn whether sums go on from what is in C
   */
  void run(Strides strides, long a, long b, long c, int depth, int units, int live, boolean goesOn);
}
