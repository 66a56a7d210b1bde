package dev.lgc.runtime.dist;

import dev.lgc.compiler.op.AllGather;
import dev.lgc.compiler.op.AllReduce;
import dev.lgc.compiler.op.Collective;
import dev.lgc.compiler.op.ReduceScatter;
import dev.lgc.dsl.text.Text;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The memory of a collective on one rank.
 *
 * @param ranks of the group, by place
 * @param place of this rank
 * @param from tensors that are read
 * @param to tensors that are written, as many; of sums F32, and their operands BF16 where they have
 *     half as many bytes
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
    int widening = widening(kind, size, from, to);
    boolean fits =
        switch (kind) {
          case ALL_GATHER -> to.byteSize() == size * from.byteSize();
          case ALL_REDUCE -> to.byteSize() == widening * from.byteSize() && isFloats(to);
          case REDUCE_SCATTER -> widening * from.byteSize() == size * to.byteSize() && isFloats(to);
        };
    boolean within =
        switch (kind) {
          case ALL_GATHER -> from.address() == to.address() + place * from.byteSize();
          case ALL_REDUCE -> from.address() == to.address();
          case REDUCE_SCATTER -> to.address() == from.address() + place * to.byteSize();
        };
    boolean apart = within && widening == 1 || from.asOverlappingSlice(to).isEmpty();
    if (!fits || !apart || !from.isNative() || !to.isNative()) {
      throw new IllegalArgumentException(Text.format("%s: %s to %s", kind, from, to));
    }
  }

  private static int widening(Kind kind, long size, MemorySegment from, MemorySegment to) {
    long sum =
        switch (kind) {
          case ALL_GATHER -> 0;
          case ALL_REDUCE -> to.byteSize();
          case REDUCE_SCATTER -> size * to.byteSize();
        };
    return sum > 0 && sum == 2 * from.byteSize() ? 2 : 1;
  }

  /** Bytes of an element of a result for each of its operand: 2 where BF16 is added up. */
  int widening(int tensor) {
    return widening(kind, size(), from.get(tensor), to.get(tensor));
  }

  /** Bytes of an operand; of one that is scattered, those of each rank's block of it. */
  long bytes(int tensor) {
    long all = from.get(tensor).byteSize();
    return kind == Kind.REDUCE_SCATTER ? all / size() : all;
  }

  /** True for sums that an MPI library knows: it has no BF16. */
  boolean isAddedByLibrary() {
    return kind != Kind.ALL_GATHER
        && IntStream.range(0, from.size()).allMatch(i -> widening(i) == 1);
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
      if (widening(i) == 2) {
        Bf16.widen(from.get(i).address(), to.get(i).address(), from.get(i).byteSize() / 2);
      } else if (from.get(i).address() != to.get(i).address()) {
        to.get(i).copyFrom(from.get(i));
      }
    }
  }
}
