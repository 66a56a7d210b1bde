package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.fuse.FusionLimits;
import dev.lgc.compiler.fuse.InstructionCosts;

/**
 * The limits of one kernel on the JVM, each with its reason.
 *
 * <p>HotSpot compiles one method at a time, never one of more than 8000 bytes of bytecode, and
 * takes longer for twice the method than for two. A stage of a kernel with loops is a method. So
 * the numbers that say how much is in a kernel keep its methods well below that; those that say how
 * work is divided are of caches, lanes and threads. They are rules of thumb, measured on the
 * library's models; none of them is sharp.
 */
public final class JvmFusion {
  /**
   * One vector operation is the unit. To store a value and load it again costs as much as two
   * exponentials, which are polynomials here.
   */
  private static final InstructionCosts COSTS = new InstructionCosts(13, 6, 3, 8, 12);

  /** Bytecode: each use is the value's whole expression once more. */
  private static final int MAX_USES = 32;

  /** Time: a narrow factor that is converted more often is widened once, and stored. */
  private static final int MAX_WIDENINGS = 16;

  /** Bytecode, and registers: what waits for the end of a chain is in one or on the stack. */
  private static final int MAX_DEPTH = 48;

  /** Bytecode: a member is one expression at least. */
  private static final int MAX_MEMBERS = 240;

  /** Bytecode: a reduction is a loop of its own, with another for what vectors leave over. */
  private static final int MAX_REDUCTIONS = 8;

  /** Registers: a buffer is an address throughout a loop. */
  private static final int MAX_BUFFERS = 16;

  /** Memory: each is another stream that is written. */
  private static final int MAX_STORED = 6;

  /** So short a loop becomes straight code. */
  private static final int UNROLLED = 8;

  /** Products of more vectors with one matrix are left to register tiles. */
  private static final int MAX_VECTORS = 8;

  /** Caches: a row stays in those of one core. */
  private static final int SCRATCH_BYTES = 65536;

  /** Caches: a batch stays in those that cores share. */
  private static final int BATCH_BYTES = 8 << 20;

  /** Threads: fewer points leave some without work. */
  private static final int MIN_ROWS = 8;

  /** Lanes: the widest vectors have as many of F32. */
  private static final int MIN_ROW_LENGTH = 16;

  /** Caches: all rows of a block share what is read of the other factor. */
  private static final int MIN_BLOCK_ROWS = 32;

  /** Threads: with so little work, rows need not be enough for all of them. */
  private static final int SMALL_ELEMENTS = 1 << 18;

  /** Threads: enough parts for many of them, and few sums for one to add up. */
  private static final int MAX_PARTS = 256;

  /** Threads: a smaller part is not worth handing out. */
  private static final int MIN_PART = 2048;

  /** All of them. */
  public static final FusionLimits LIMITS =
      new FusionLimits(
          COSTS,
          MAX_USES,
          MAX_WIDENINGS,
          MAX_DEPTH,
          MAX_MEMBERS,
          MAX_REDUCTIONS,
          MAX_BUFFERS,
          MAX_STORED,
          UNROLLED,
          MAX_VECTORS,
          SCRATCH_BYTES,
          BATCH_BYTES,
          MIN_ROWS,
          MIN_ROW_LENGTH,
          MIN_BLOCK_ROWS,
          SMALL_ELEMENTS,
          MAX_PARTS,
          MIN_PART);

  private JvmFusion() {}
}
