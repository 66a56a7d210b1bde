package dev.lgc.runtime.sample;

import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

/** A source of samples, a batch at a time. */
interface Sampler {
  /** Codes of a sample. */
  int length();

  /** Samples in a batch. */
  int batch();

  /**
   * Draws the samples from number {@code first} on, at most a batch.
   *
   * @param rows how many
   * @param stop gives it up, after a code at the latest
   * @param progress is told how many codes are drawn, after each step
   * @return {@code [rows][length]}; empty if stopped
   * @throws dev.lgc.runtime.io.BadInputException if the model computes no finite logit
   */
  Optional<int[][]> draw(int first, int rows, BooleanSupplier stop, LongConsumer progress);
}
