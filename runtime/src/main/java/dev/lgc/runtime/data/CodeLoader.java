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
  private final RankShare share;
  private final int[] codes;
  private final int[] drawn;
  private final long start;
  private long delivered;

  /**
   * Batches of one process.
   *
   * @param batch samples in a batch
   * @param seed of the order and of the crops
   * @param position samples drawn so far: 0, or what {@link #position} said between two steps
   */
  public CodeLoader(CodeCache cache, int batch, long seed, long position) {
    this(cache, batch, seed, position, RankShare.WHOLE);
  }

  /** The batches that one rank has, each of {@code batch} samples. */
  public CodeLoader(CodeCache cache, int batch, long seed, long position, RankShare share) {
    if (batch < 1 || position < 0) {
      throw new IllegalArgumentException(Text.format("batch %d at %d", batch, position));
    }
    this.cache = cache;
    this.order = new SampleOrder(cache.info().count(), seed, true);
    this.batch = batch;
    this.seed = seed;
    this.start = position;
    this.share = share;
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
    long first = share.first(start, delivered, batch);
    for (int i = 0; i < batch; i++) {
      long sample = first + i;
      int index = order.at(sample);
      drawn[i] = index;
      int crop = CounterRandom.below(CounterRandom.bits(seed, CROP, sample), cache.info().crops());
      cache.codes(index, crop, codes);
      MemorySegment.copy(
          codes, 0, into, ValueLayout.JAVA_INT_UNALIGNED, 4L * i * codes.length, codes.length);
      labels.set(ValueLayout.JAVA_INT_UNALIGNED, 4L * i, cache.label(index));
    }
    delivered++;
  }

  /** The index in the cache of sample {@code i} of the last batch. */
  public int picture(int i) {
    return drawn[i];
  }

  /** Samples in a batch. */
  public int samples() {
    return batch;
  }

  /** Samples that all ranks together have been given. */
  public long position() {
    return start + share.samples(delivered, batch);
  }

  /** The epoch that the next sample belongs to, from 0. */
  public long epoch() {
    return order.epoch(position());
  }
}
