package dev.lgc.runtime.data;

import dev.lgc.dsl.text.Text;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Batches of codes out of a {@link CodeCache}, with one of the picture's crops drawn for each
 * sample. Order, ranks and position work as in {@link PictureLoader}; reading a batch takes
 * microseconds, so there is no thread.
 */
public final class CodeLoader {
  private static final long CROP = 0x636f6465;

  private final CodeCache cache;
  private final SampleOrder order;
  private final int batch;
  private final long seed;
  private final int rank;
  private final int ranks;
  private final int[] codes;
  private final int[] drawn;
  private long position;

  /**
   * Batches of one process.
   *
   * @param batch samples in a batch
   * @param seed of the order and of the crops
   * @param position samples drawn so far: 0, or what {@link #position} said when the run stopped
   */
  public CodeLoader(CodeCache cache, int batch, long seed, long position) {
    this(cache, batch, seed, position, 0, 1);
  }

  /** Batches of rank {@code rank} of {@code ranks}, each of {@code batch} samples. */
  public CodeLoader(CodeCache cache, int batch, long seed, long position, int rank, int ranks) {
    if (batch < 1 || position < 0 || rank < 0 || rank >= ranks) {
      throw new IllegalArgumentException(
          Text.format("batch %d at %d, rank %d of %d", batch, position, rank, ranks));
    }
    this.cache = cache;
    this.order = new SampleOrder(cache.info().count(), seed, true);
    this.batch = batch;
    this.seed = seed;
    this.position = position;
    this.rank = rank;
    this.ranks = ranks;
    this.codes = new int[cache.info().tokens()];
    this.drawn = new int[batch];
  }

  /**
   * The next batch.
   *
   * @param into i32 {@code [batch, tokens]}, native order
   * @param labels i32 {@code [batch]}, native order
   * @throws dev.lgc.runtime.io.BadInputException if the cache is damaged there
   */
  public void next(MemorySegment into, MemorySegment labels) {
    long first = position + (long) rank * batch;
    for (int i = 0; i < batch; i++) {
      long sample = first + i;
      int index = order.at(sample);
      drawn[i] = index;
      int crop = Draws.below(Draws.bits(seed, CROP, sample), cache.info().crops());
      cache.codes(index, crop, codes);
      MemorySegment.copy(
          codes, 0, into, ValueLayout.JAVA_INT_UNALIGNED, 4L * i * codes.length, codes.length);
      labels.set(ValueLayout.JAVA_INT_UNALIGNED, 4L * i, cache.label(index));
    }
    position += (long) batch * ranks;
  }

  /** The index in the cache of sample {@code i} of the last batch. */
  public int picture(int i) {
    return drawn[i];
  }

  /** Samples that all ranks together have been given. */
  public long position() {
    return position;
  }

  /** The epoch that the next sample belongs to, from 0. */
  public long epoch() {
    return order.epoch(position);
  }
}
