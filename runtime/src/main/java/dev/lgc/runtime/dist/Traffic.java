package dev.lgc.runtime.dist;

import dev.lgc.compiler.op.Collective;
import dev.lgc.runtime.dist.CollectiveMemory.Kind;
import java.util.List;

/**
 * The messages of a collective as {@link MpiRanks} makes it, seen from one rank.
 *
 * @param perPartner bytes that the rank sends to each other rank of its group, and gets from it
 * @param messages that it sends, and as many that it gets
 * @param rounds one after the other; pieces that are on their way together count as one
 */
public record Traffic(long perPartner, long messages, long rounds) {
  /** Of a collective on a group of one. */
  public static final Traffic NONE = new Traffic(0, 0, 0);

  /**
   * Of a collective on a group of {@code ranks} ranks.
   *
   * @param tensors bytes of each of its operands
   */
  public static Traffic of(Collective op, int ranks, List<Long> tensors) {
    return of(op, ranks, tensors, 1);
  }

  /**
   * The same of operands that may be in another type than results.
   *
   * @param widening bytes of an element of a result for each of its operand: 2 where BF16 is added
   *     up
   */
  public static Traffic of(Collective op, int ranks, List<Long> tensors, int widening) {
    if (ranks == 1) {
      return NONE;
    }
    Kind kind = Kind.of(op);
    long bytes = 0;
    long messages = 0;
    long pieces = 0;
    int rounds = 1;
    for (long tensor : tensors) {
      boolean whole = kind == Kind.ALL_REDUCE && Piece.isShort(tensor, ranks, MpiThread.SCRATCH);
      int ways = kind == Kind.ALL_REDUCE && !whole ? 2 : 1;
      long length = kind == Kind.REDUCE_SCATTER ? Math.ceilDiv(tensor, ranks) : tensor;
      long cut = Math.ceilDiv(length, Piece.most(kind, ranks, MpiThread.SCRATCH));
      pieces += cut;
      messages += ways * cut * (ranks - 1);
      rounds = Math.max(rounds, ways);
      bytes +=
          switch (kind) {
            case ALL_GATHER -> tensor;
            case ALL_REDUCE -> whole ? tensor : (1 + widening) * Math.ceilDiv(tensor, ranks);
            case REDUCE_SCATTER -> length;
          };
    }
    return new Traffic(bytes, messages, rounds * Math.ceilDiv(pieces, MpiThread.SLOTS));
  }
}
