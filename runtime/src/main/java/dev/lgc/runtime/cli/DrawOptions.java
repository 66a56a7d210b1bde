package dev.lgc.runtime.cli;

import dev.lgc.runtime.sample.SampleSettings;
import picocli.CommandLine.Option;

/** How codes are drawn. */
final class DrawOptions {
  @Option(
      names = "--cfg",
      paramLabel = "S",
      description =
          "guidance: how strongly the class or caption counts: 0 not at all, 1 as trained, above 1"
              + " more; by default 4 for classes, 7.5 for captions")
  @Range(min = 0, max = 1000)
  private Double guidance;

  @Option(
      names = "--cfg-interval",
      paramLabel = "K",
      defaultValue = "-1",
      description = "guide only the first K + 2 codes; -1, the default, for all")
  @Range(min = -1, max = 1_000_000)
  private int guidanceInterval;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      defaultValue = "1",
      description = "divides the logits; 1 by default")
  @Range(min = 1e-3, max = 1000)
  private double temperature;

  @Option(
      names = "--top-k",
      paramLabel = "K",
      description =
          "draw among the K likeliest codes only; 0 for all; 1 is greedy; 2000 for classes, 1000"
              + " for captions")
  @Range(min = 0, max = 1_000_000_000)
  private Integer topK;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      defaultValue = "1",
      description = "draw among the likeliest codes that together reach P; 1, the default, for all")
  @Range(min = 0, max = 1, above = true)
  private double topP;

  @Option(
      names = "--seed",
      paramLabel = "SEED",
      defaultValue = "0",
      description = "of the draws; 0 by default")
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
