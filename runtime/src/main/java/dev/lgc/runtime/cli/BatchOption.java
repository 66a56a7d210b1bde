package dev.lgc.runtime.cli;

import dev.lgc.runtime.config.RunConfig;
import picocli.CommandLine.Option;

/** The number of samples in a batch, to which {@code b} is bound. */
final class BatchOption {
  @Option(
      names = {"-b", "--batch"},
      paramLabel = "N",
      defaultValue = "8",
      description = "samples in a batch; 8 by default")
  @Range(min = 1, max = RunConfig.MOST_SAMPLES)
  private int batch;

  int samples() {
    return batch;
  }
}
