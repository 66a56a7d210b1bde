package dev.lgc.runtime.cli;

import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.io.BadInputException;

/** The devices that commands can run on. */
final class Devices {
  private Devices() {}

  /** The CPU, with {@code threads} threads; 0 for all cores. */
  static Device cpu(int threads) {
    if (threads < 0 || threads > 1024) {
      throw new BadInputException(threads + " threads", "0 for all cores, or up to 1024", "");
    }
    return open(threads == 0 ? Runtime.getRuntime().availableProcessors() : threads);
  }

  private static Device open(int threads) {
    return new CpuDevice(threads);
  }
}
