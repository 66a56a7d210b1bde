package dev.lgc.runtime.cli;

import dev.lgc.runtime.sample.SampleSettings;
import picocli.CommandLine.Option;

/** The settings with which codes are drawn. */
final class DrawOptions {
  @Option(
      names = "--cfg",
      paramLabel = "S",
      description =
          "guidance: 0 ignores the class or caption, 1 follows it as trained, more than 1 "
              + "follows it more strongly; by default 4 for classes and 7.5 for captions")
  @Range(min = 0, max = 1000)
  private Double guidance;

  @Option(
      names = "--cfg-interval",
      paramLabel = "K",
      defaultValue = "-1",
      description = "guide only the first K + 2 codes; -1, the default, guides all")
  @Range(min = -1, max = 1_000_000)
  private int guidanceInterval;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      defaultValue = "1",
      description = "divisor of the logits; 1 by default")
  @Range(min = 1e-3, max = 1000)
  private double temperature;

  @Option(
      names = "--top-k",
      paramLabel = "K",
      description =
          "sample from the K likeliest codes only; 1 is greedy, 0 is all; by default 2000 "
              + "for classes and 1000 for captions")
  @Range(min = 0, max = 1_000_000_000)
  private Integer topK;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      defaultValue = "1",
      description =
          "sample from the likeliest codes whose probabilities reach P; 1, the default, "
              + "is all")
  @Range(min = 0, max = 1, above = true)
  private double topP;

  @Option(
      names = "--seed",
      paramLabel = "SEED",
      defaultValue = "0",
      description = "seed of the random numbers; 0 by default")
  @Range(min = Long.MIN_VALUE, max = 0x1p63, below = true)
  private long seed;

  /** The settings; what is left out is as in the reference, for classes or for captions. */
  SampleSettings settings(boolean captions) {
    return new SampleSettings(
        guidance == null ? (captions ? 7.5 : 4) : guidance,
        guidanceInterval,
        temperature,
        topK == null ? (captions ? 1000 : 2000) : topK,
        topP,
        seed);
  }
}
