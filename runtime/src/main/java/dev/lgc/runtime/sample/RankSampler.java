package dev.lgc.runtime.sample;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.dist.SharedFailure;
import dev.lgc.runtime.io.BadInputException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

/**
 * Samples that several ranks draw together, each with a part of the model. Rank 0 says which are
 * next; the others {@link #follow}.
 */
final class RankSampler implements Sampler {
  private static final int END = -1;

  private final CodeSampler sampler;
  private final Conditions conditions;
  private final SampleSettings settings;
  private final Ranks ranks;

  RankSampler(CodeSampler sampler, Conditions conditions, SampleSettings settings, Ranks ranks) {
    this.sampler = sampler;
    this.conditions = conditions;
    this.settings = settings;
    this.ranks = ranks;
  }

  @Override
  public int length() {
    return sampler.length();
  }

  @Override
  public int batch() {
    return sampler.batch();
  }

  @Override
  public Optional<int[][]> draw(int first, int rows, BooleanSupplier stop, LongConsumer progress) {
    said(first, rows);
    return drawn(first, rows, stop, progress);
  }

  /** Rank 0: there is nothing more to draw. */
  void end() {
    said(END, 0);
  }

  /** Other ranks: draws what rank 0 says, until there is nothing more. */
  void follow(BooleanSupplier stop) {
    for (ByteBuffer next = said(0, 0); next.getInt(0) != END; next = said(0, 0)) {
      drawn(next.getInt(0), next.getInt(Integer.BYTES), stop, _ -> {});
    }
  }

  /** The words of rank 0; the others are not listened to. */
  private ByteBuffer said(int first, int rows) {
    byte[] mine = ByteBuffer.allocate(2 * Integer.BYTES).putInt(first).putInt(rows).array();
    return ByteBuffer.wrap(ranks.gather(mine)[0]);
  }

  /**
   * Returns true if a rank is to stop after these codes.
   *
   * @throws SharedFailure on all ranks if they have drawn different ones
   */
  private boolean isLast(int[] codes, boolean stops) {
    ByteBuffer mine = ByteBuffer.allocate(1 + Integer.BYTES * codes.length);
    mine.put((byte) (stops ? 1 : 0));
    mine.slice().asIntBuffer().put(codes);
    byte[][] all = ranks.gather(mine.array());
    boolean last = false;
    for (int r = 0; r < all.length; r++) {
      last |= all[r][0] != 0;
      if (!Arrays.equals(all[0], 1, all[0].length, all[r], 1, all[r].length)) {
        throw new SharedFailure(
            new BadInputException(
                Text.format("ranks 0 and %d drew different codes", r),
                "the same on all ranks",
                "use machines with the same kind of processor"));
      }
    }
    return last;
  }

  private Optional<int[][]> drawn(
      int first, int rows, BooleanSupplier stop, LongConsumer progress) {
    ranks.progress(first / sampler.batch(), "draw");
    try {
      return sampler.drawSteps(
          conditions, settings, first, rows, progress, codes -> isLast(codes, stop.getAsBoolean()));
    } catch (BadInputException e) {
      throw new SharedFailure(e); // all ranks have the same logits
    }
  }
}
