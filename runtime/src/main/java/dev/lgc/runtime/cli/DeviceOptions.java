package dev.lgc.runtime.cli;

import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.dist.HostShare;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.exec.Device;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The device on which a command computes. */
final class DeviceOptions {
  @Mixin private DeviceChoice choice;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "CPU threads; 0, the default, for all cores")
  @Range(min = 0, max = RunConfig.MOST_THREADS)
  int threads;

  /** Opens the device. */
  Device open() {
    return choice.open(threads);
  }

  /** Opens the device of one of several ranks. */
  Device open(Ranks ranks, HostShare host) {
    return choice.open(Devices.threads(threads, host), ranks);
  }
}
