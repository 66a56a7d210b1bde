package dev.lgc.runtime.dist;

import dev.lgc.compiler.op.AllGather;
import dev.lgc.compiler.op.AllReduce;
import dev.lgc.compiler.op.Collective;
import dev.lgc.compiler.op.ReduceScatter;
import dev.lgc.dsl.text.Text;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The memory of a collective on one rank.
 *
 * @param ranks of the group, by place
 * @param place of this rank
 * @param from tensors that are read
 * @param to tensors that are written, as many
 */
record CollectiveMemory(
    Kind kind, List<Integer> ranks, int place, List<MemorySegment> from, List<MemorySegment> to) {
  /** A collective without its group. */
  enum Kind {
    ALL_GATHER,
    ALL_REDUCE,
    REDUCE_SCATTER;

    static Kind of(Collective op) {
      return switch (op) {
        case AllGather _ -> ALL_GATHER;
        case AllReduce _ -> ALL_REDUCE;
        case ReduceScatter _ -> REDUCE_SCATTER;
      };
    }
  }

  CollectiveMemory {
    from = List.copyOf(from);
    to = List.copyOf(to);
    if (from.size() != to.size()) {
      throw new IllegalArgumentException(
          Text.format("%s: %d operands, %d results", kind, from.size(), to.size()));
    }
    for (int i = 0; i < from.size(); i++) {
      check(kind, ranks.size(), place, from.get(i), to.get(i));
    }
  }

  /** The memory of a rank, if the run's ranks are whole groups. */
  static CollectiveMemory of(
      Collective op, Ranks ranks, List<MemorySegment> from, List<MemorySegment> to) {
    if (!op.group().divides(ranks.size())) {
      throw new IllegalArgumentException(Text.format("%s on %d ranks", op, ranks.size()));
    }
    List<Integer> group = op.group().ranks(ranks.rank());
    return new CollectiveMemory(Kind.of(op), group, op.group().place(ranks.rank()), from, to);
  }

  private static void check(Kind kind, long size, int place, MemorySegment from, MemorySegment to) {
    boolean fits =
        switch (kind) {
          case ALL_GATHER -> to.byteSize() == size * from.byteSize();
          case ALL_REDUCE -> to.byteSize() == from.byteSize() && isFloats(from);
          case REDUCE_SCATTER -> from.byteSize() == size * to.byteSize() && isFloats(to);
        };
    boolean within =
        switch (kind) {
          case ALL_GATHER -> from.address() == to.address() + place * from.byteSize();
          case ALL_REDUCE -> from.address() == to.address();
          case REDUCE_SCATTER -> to.address() == from.address() + place * to.byteSize();
        };
    boolean apart = within || from.asOverlappingSlice(to).isEmpty();
    if (!fits || !apart || !from.isNative() || !to.isNative()) {
      throw new IllegalArgumentException(Text.format("%s: %s to %s", kind, from, to));
    }
  }

  private static boolean isFloats(MemorySegment s) {
    return s.byteSize() % 4 == 0;
  }

  /** Ranks of the group. */
  int size() {
    return ranks.size();
  }

  /** Copies the only rank's operands to its results. */
  void copy() {
    for (int i = 0; i < from.size(); i++) {
      if (from.get(i).address() != to.get(i).address()) {
        to.get(i).copyFrom(from.get(i));
      }
    }
  }
}
