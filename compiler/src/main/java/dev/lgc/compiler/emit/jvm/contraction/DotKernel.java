package dev.lgc.compiler.emit.jvm.contraction;

/** The inner loop of {@link DotRows}: the dot products of some rows of A with some columns of B. */
public interface DotKernel {
  /**
   * Sums up a tile.
   *
   * @param a address of a table of the rows' addresses in A
   * @param b address of a table of the columns' addresses in B
   * @param depth steps; a multiple of the lanes
   * @param sums where a vector for each element goes whose lanes are still to be added up, row by
   *     row
   */
  void run(long a, long b, int depth, long sums);
}
