package dev.lgc.runtime.dist;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.lgc.compiler.op.AllGather;
import dev.lgc.compiler.op.AllReduce;
import dev.lgc.compiler.op.Collective;
import dev.lgc.compiler.op.RankGroup;
import dev.lgc.compiler.op.ReduceScatter;
import dev.lgc.dsl.text.Text;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Checks that every rank makes of an implementation, as each knows from the seed what the others
 * have: every collective over every group, of tensors of awkward lengths, against naive sums.
 */
final class RanksCheck {
  private static final int[][] BUCKETS = {{0}, {1}, {7, 0, 1, 31}, {4096, 5}};

  /** More than one piece of memory. */
  private static final int[] LONG = {50_003, 262_145};

  private final Ranks ranks;
  private final long seed;
  private final boolean exact;
  private int calls;

  /**
   * @param exact whether sums have to be those of the tree, to the bit
   */
  RanksCheck(Ranks ranks, long seed, boolean exact) {
    this.ranks = ranks;
    this.seed = seed;
    this.exact = exact;
  }

  /** Checks all; throws an {@link AssertionError} at the first wrong bit. */
  void all() {
    for (RankGroup group : groups()) {
      List<Collective> ops =
          List.of(new AllGather(group), new ReduceScatter(group), new AllReduce(group));
      for (Collective op : ops) {
        for (int[] bucket : BUCKETS) {
          check(op, false, bucket);
          check(op, true, bucket);
        }
        for (int[] bucket : op instanceof AllGather ? new int[0][] : BUCKETS) {
          checkBf16(op, bucket);
        }
      }
    }
    RankGroup all = new RankGroup(Integer.highestOneBit(ranks.size()), 1);
    if (all.divides(ranks.size())) {
      check(new AllReduce(all), false, LONG);
      check(new AllReduce(all), true, LONG);
      check(new ReduceScatter(all), false, LONG);
      check(new AllGather(all), false, LONG);
      checkBf16(new AllReduce(all), LONG);
      checkBf16(new ReduceScatter(all), LONG);
    }
    several();
    gathers();
  }

  /** Every group that the run's ranks can form. */
  private List<RankGroup> groups() {
    List<RankGroup> groups = new ArrayList<>();
    for (int size = 1; size <= ranks.size(); size *= 2) {
      for (int stride = 1; stride <= ranks.size(); stride++) {
        RankGroup g = new RankGroup(size, stride);
        if (g.divides(ranks.size())) {
          groups.add(g);
        }
      }
    }
    return groups;
  }

  /** One collective over tensors of these lengths, each of the lengths that of the smaller side. */
  void check(Collective op, boolean inPlace, int... lengths) {
    try (Arena arena = Arena.ofShared()) {
      begin(arena, op, inPlace, lengths).run();
    }
  }

  /** The same of operands in BF16, which are added up in F32. */
  void checkBf16(Collective op, int... lengths) {
    try (Arena arena = Arena.ofShared()) {
      beginBf16(arena, op, lengths).run();
    }
  }

  /** Several that are begun before the first is awaited. */
  private void several() {
    try (Arena arena = Arena.ofShared()) {
      List<Runnable> begun = new ArrayList<>();
      for (RankGroup group : groups()) {
        begun.add(begin(arena, new AllReduce(group), true, 5000, 3));
        begun.add(begin(arena, new AllGather(group), false, 777));
        begun.add(beginBf16(arena, new AllReduce(group), 3001, 2));
        begun.add(beginBf16(arena, new ReduceScatter(group), 4999));
      }
      begun.forEach(Runnable::run);
    }
  }

  /** Begins one; what is returned waits for it and checks its result. */
  private Runnable begin(Arena arena, Collective op, boolean inPlace, int... lengths) {
    int call = calls++;
    int size = op.group().size();
    int place = op.group().place(ranks.rank());
    List<MemorySegment> from = new ArrayList<>();
    List<MemorySegment> to = new ArrayList<>();
    for (int i = 0; i < lengths.length; i++) {
      int operand = operand(op, lengths[i]);
      int result = op instanceof AllGather ? size * lengths[i] : lengths[i];
      long block = op instanceof AllReduce ? 0 : 4L * place * lengths[i];
      MemorySegment larger = arena.allocate(4L * Math.max(operand, result), 4);
      MemorySegment part = larger.asSlice(block, 4L * lengths[i]);
      MemorySegment other = inPlace ? part : arena.allocate(part.byteSize(), 4);
      from.add(op instanceof ReduceScatter ? larger : other);
      to.add(op instanceof ReduceScatter ? other : larger);
      if (op instanceof AllReduce) {
        to.set(i, inPlace ? other : larger);
      }
      MemorySegment.copy(
          operand(call, i, ranks.rank(), operand), 0, from.get(i), JAVA_FLOAT, 0, operand);
    }
    Pending pending = ranks.start(op, from, to);
    return () -> {
      pending.await();
      for (int i = 0; i < lengths.length; i++) {
        verify(op, lengths[i], to.get(i), operands(call, i, op, lengths[i]));
      }
    };
  }

  private Runnable beginBf16(Arena arena, Collective op, int... lengths) {
    int call = calls++;
    List<MemorySegment> from = new ArrayList<>();
    List<MemorySegment> to = new ArrayList<>();
    for (int i = 0; i < lengths.length; i++) {
      float[] mine = upper(operand(call, i, ranks.rank(), operand(op, lengths[i])));
      MemorySegment x = arena.allocate(2L * mine.length, 2);
      for (int k = 0; k < mine.length; k++) {
        x.setAtIndex(JAVA_SHORT, k, (short) (Float.floatToRawIntBits(mine[k]) >>> 16));
      }
      from.add(x);
      to.add(arena.allocate(4L * lengths[i], 4));
    }
    Pending pending = ranks.start(op, from, to);
    return () -> {
      pending.await();
      for (int i = 0; i < lengths.length; i++) {
        float[][] all = operands(call, i, op, lengths[i]);
        Arrays.setAll(all, r -> upper(all[r]));
        verify(op, lengths[i], to.get(i), all);
      }
    };
  }

  /** Numbers without the lower half of their bits: those of BF16. */
  private static float[] upper(float[] x) {
    float[] all = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      all[i] = Float.intBitsToFloat(Float.floatToRawIntBits(x[i]) & 0xffff0000);
    }
    return all;
  }

  /** Elements of an operand. */
  private static int operand(Collective op, int length) {
    return op instanceof ReduceScatter ? op.group().size() * length : length;
  }

  /** The operands of all ranks of the group. */
  private float[][] operands(int call, int i, Collective op, int length) {
    return op.group().ranks(ranks.rank()).stream()
        .map(r -> operand(call, i, r, operand(op, length)))
        .toArray(float[][]::new);
  }

  private void verify(Collective op, int length, MemorySegment to, float[][] all) {
    int size = op.group().size();
    int place = op.group().place(ranks.rank());
    float[] expected =
        switch (op) {
          case AllReduce _ -> NaiveSum.of(all);
          case ReduceScatter _ ->
              Arrays.copyOfRange(NaiveSum.of(all), place * length, (place + 1) * length);
          case AllGather _ -> {
            float[] joined = new float[size * length];
            for (int p = 0; p < size; p++) {
              System.arraycopy(all[p], 0, joined, p * length, length);
            }
            yield joined;
          }
        };
    float[] found = to.toArray(JAVA_FLOAT);
    int wrong =
        exact || op instanceof AllGather
            ? Arrays.mismatch(expected, found)
            : far(expected, found, all, op instanceof ReduceScatter ? place * length : 0);
    if (wrong >= 0) {
      throw new AssertionError(
          Text.format(
              "%s on rank %d of %d, %d elements, seed %d: at %d is %s instead of %s",
              op, ranks.rank(), ranks.size(), length, seed, wrong, found[wrong], expected[wrong]));
    }
  }

  /** The first sum that is not near the expected one; -1 if there is none. */
  private static int far(float[] expected, float[] found, float[][] terms, int from) {
    for (int i = 0; i < expected.length; i++) {
      double sizes = 0;
      for (float[] term : terms) {
        sizes += Math.abs(term[from + i]);
      }
      boolean near = Math.abs((double) expected[i] - found[i]) <= 1e-6 * sizes;
      if (!near && sizes < Float.MAX_VALUE) {
        return i;
      }
    }
    return -1;
  }

  private float[] operand(int call, int i, int rank, int length) {
    float[] x = new float[length];
    NaiveSum.fill(x, new Random(seed + 1_000_003L * call + 1009L * i + rank));
    return x;
  }

  private void gathers() {
    for (int round = 0; round < 5; round++) {
      byte[][] all = ranks.gather(said(round, ranks.rank()));
      for (int r = 0; r < ranks.size(); r++) {
        if (!Arrays.equals(said(round, r), all[r])) {
          throw new AssertionError("gather " + round + " from rank " + r + ", seed " + seed);
        }
      }
    }
  }

  private byte[] said(int round, int rank) {
    Random random = new Random(seed + 31L * round + rank);
    byte[] x = new byte[round == 0 ? 0 : random.nextInt(1 << 5 * Math.min(round, 4))];
    random.nextBytes(x);
    return x;
  }
}
