package dev.lgc.compiler.emit.jvm.contraction;

/**
 * The inner loop of a contraction: one register tile of C from packed panels of A and B. Emitted
 * ({@link MicroKernelEmitter}), one class for each tile size, shared by every contraction so that
 * it is warmed up once.
 */
public interface MicroKernel {
  /**
   * Computes {@code C[rows, columns] (+)= Σ A[row, k] · B[k, columns]}, the steps of k in order,
   * each by one fused multiplication and addition.
   *
   * @param a address of A, packed as {@code [depth][tile rows]}
   * @param b address of B, packed as {@code [depth][tile columns]}
   * @param c address of C, whose columns are neighbours
   * @param rowC bytes from one row of C to the next
   * @param depth steps, at least 1
   * @param rows rows of the tile that exist, at least 1
   * @param columns columns of the tile that exist, at least 1
   * @param add whether to add to C what is there already
   * @param spare address of a row for what does not exist, which is overwritten
   * @param zeros address of a row of zeros
   */
  void tile(
      long a,
      long b,
      long c,
      long rowC,
      long depth,
      int rows,
      int columns,
      boolean add,
      long spare,
      long zeros);
}
