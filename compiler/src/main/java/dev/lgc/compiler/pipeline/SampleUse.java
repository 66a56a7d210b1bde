package dev.lgc.compiler.pipeline;

import dev.lgc.dsl.model.SourcePlace;

/**
 * The dependence of an objective's value on the samples of its batch.
 *
 * <p>{@code power} says how a value scales with the number of samples {@code n}, everything else
 * being equal: a sum over the samples is {@code Sum(0)}, their mean {@code Sum(-1)}.
 */
sealed interface SampleUse {
  /** The same for all batches of one size; {@code n^power} times a number. */
  record None(int power) implements SampleUse {}

  /**
   * For each sample a value of its own: along {@code axis}, in the order of the samples, one or
   * several positions each.
   */
  record Each(int axis, int power) implements SampleUse {}

  /** {@code n^power} times a sum over the samples of what each gives by itself. */
  record Sum(int power) implements SampleUse {}

  /**
   * Anything else.
   *
   * @param where the first operation that mixes samples
   * @param how what does so, and what it does to the samples
   */
  record Mixed(SourcePlace where, String how) implements SampleUse {}

  SampleUse NONE = new None(0);
}
