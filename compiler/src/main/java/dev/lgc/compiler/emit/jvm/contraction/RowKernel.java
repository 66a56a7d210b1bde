package dev.lgc.compiler.emit.jvm.contraction;

/** The inner loop of a {@link RowContraction}: some rows of A by some columns of B. */
public interface RowKernel {
  /**
   * Sums up a tile.
   *
   * @param a address of a table of the rows' addresses in A
   * @param stepA bytes from a step to the next in A; of scaled sums only
   * @param b of dot products, address of a table of the columns' addresses in B; of scaled sums,
   *     the address of the first column
   * @param stepB bytes from a step to the next in B; of scaled sums only
   * @param c of dot products, where a vector for each element goes whose lanes are still to be
   *     added up, row by row; of scaled sums, address of a table of the rows' addresses in C
   * @param live how many columns of the last vector exist; of scaled sums only
   * @param old address of a table of the addresses where each row's sums so far are; of scaled sums
   *     only
   */
  void run(long a, long stepA, long b, long stepB, int depth, long c, int live, long old);
}
