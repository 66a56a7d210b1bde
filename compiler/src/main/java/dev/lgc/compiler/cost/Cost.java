package dev.lgc.compiler.cost;

/**
 * The work of a computation: operations, memory traffic, launches, bytes to other ranks.
 *
 * @param operations floating-point operations; a multiplication with an addition is two
 * @param products of the operations, those of matrix products and convolutions, which use each
 *     number that they read many times
 * @param rounded of the products, those whose two factors are BF16
 * @param bytes read and written
 * @param updated of the bytes, those written to where they had been read
 * @param launches kernels
 * @param sent bytes that a rank sends to others, on the wire
 */
public record Cost(
    long operations,
    long products,
    long rounded,
    long bytes,
    long updated,
    long launches,
    long sent) {
  public static final Cost NONE = new Cost(0, 0, 0, 0, 0, 0);

  /** The cost of a computation that sends nothing. */
  public Cost(
      long operations, long products, long rounded, long bytes, long updated, long launches) {
    this(operations, products, rounded, bytes, updated, launches, 0);
  }

  /** Both, one after the other. */
  public Cost plus(Cost other) {
    return new Cost(
        operations + other.operations,
        products + other.products,
        rounded + other.rounded,
        bytes + other.bytes,
        updated + other.updated,
        launches + other.launches,
        sent + other.sent);
  }

  /** So many times the same. */
  public Cost times(long n) {
    return new Cost(
        operations * n, products * n, rounded * n, bytes * n, updated * n, launches * n, sent * n);
  }
}
