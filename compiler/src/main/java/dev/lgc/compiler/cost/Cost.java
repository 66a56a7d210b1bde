package dev.lgc.compiler.cost;

/**
 * What something takes.
 *
 * @param operations floating-point operations; a multiplication with an addition is two
 * @param products of the operations, those of matrix products and convolutions, which use each
 *     number that they read many times
 * @param rounded of the products, those whose two factors are BF16
 * @param bytes read and written
 * @param updated of the bytes, those written to where they had been read
 * @param launches kernels
 */
public record Cost(
    long operations, long products, long rounded, long bytes, long updated, long launches) {
  public static final Cost NONE = new Cost(0, 0, 0, 0, 0, 0);

  /** Both, one after the other. */
  public Cost plus(Cost other) {
    return new Cost(
        operations + other.operations,
        products + other.products,
        rounded + other.rounded,
        bytes + other.bytes,
        updated + other.updated,
        launches + other.launches);
  }

  /** So many times the same. */
  public Cost times(long n) {
    return new Cost(
        operations * n, products * n, rounded * n, bytes * n, updated * n, launches * n);
  }
}
