package dev.lgc.compiler.op;

import java.util.List;
import java.util.stream.IntStream;

/**
 * Groups of ranks, one of which each rank of a run is in: ranks {@code stride} apart, {@code size}
 * of them. Two ranks are in one group if they have the same quotient by {@code size · stride} and
 * the same remainder by {@code stride}.
 *
 * <pre>
 * of 8 ranks
 * (8, 1)   {0 1 2 3 4 5 6 7}               all
 * (4, 1)   {0 1 2 3} {4 5 6 7}             neighbours
 * (2, 4)   {0 4} {1 5} {2 6} {3 7}         the same place of each group of 4 neighbours
 * </pre>
 *
 * @param size ranks in each group, a power of two, so that sums over it are balanced trees
 * @param stride from one rank of a group to the next
 */
public record RankGroup(int size, int stride) {
  public RankGroup {
    if (Integer.bitCount(size) != 1 || size < 0 || stride < 1) {
      throw new IllegalArgumentException("groups of " + size + " ranks, " + stride + " apart");
    }
  }

  /** The group of all ranks. */
  public static RankGroup all(int ranks) {
    return new RankGroup(ranks, 1);
  }

  /** True if a run of so many ranks consists of whole groups. */
  public boolean divides(int ranks) {
    return ranks > 0 && ranks % ((long) size * stride) == 0;
  }

  /** The place of a rank in its group, from 0. */
  public int place(int rank) {
    return rank / stride % size;
  }

  /** The ranks of the group that a rank is in, by their places. */
  public List<Integer> ranks(int rank) {
    int first = rank - place(rank) * stride;
    return IntStream.range(0, size).map(p -> first + p * stride).boxed().toList();
  }

  /** For dumps: {@code over 4}, or {@code over 4 by 2} where ranks are 2 apart. */
  @Override
  public String toString() {
    return "over " + size + (stride == 1 ? "" : " by " + stride);
  }
}
