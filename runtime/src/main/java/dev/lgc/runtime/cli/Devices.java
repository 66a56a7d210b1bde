package dev.lgc.runtime.cli;

import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.io.BadInputException;

/** The devices that commands can run on. */
final class Devices {
  private Devices() {}

  /** The CPU, with {@code threads} threads; 0 for all cores. */
  static Device cpu(int threads) {
    return new CpuDevice(threads(threads));
  }

  /** How many threads are meant; 0 for all cores. */
  static int threads(int wanted) {
    if (wanted < 0 || wanted > 1024) {
      throw new BadInputException(wanted + " threads", "0 for all cores, or up to 1024", "");
    }
    return wanted == 0 ? Runtime.getRuntime().availableProcessors() : wanted;
  }
}
