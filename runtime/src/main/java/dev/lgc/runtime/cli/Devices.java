package dev.lgc.runtime.cli;

import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.exec.Target;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The devices that commands can run on. */
final class Devices {
  private static final Set<String> WARNED = ConcurrentHashMap.newKeySet();

  private Devices() {}

  /** The CPU, with {@code threads} threads; 0 for all cores. */
  static Device cpu(int threads) {
    return new CpuDevice(threads(threads));
  }

  /** What opens devices, with {@code threads} threads of the CPU; 0 for all cores. */
  static Target.Settings settings(int threads) {
    return new Target.Settings(threads(threads), Devices::warn);
  }

  /** Says, in a line and once, that something is not as it should be. */
  static void warn(String text) {
    if (WARNED.add(text)) {
      System.err.println("warning: " + text);
    }
  }

  /** How many threads are meant; 0 for all cores. */
  static int threads(int wanted) {
    return wanted == 0 ? Runtime.getRuntime().availableProcessors() : wanted;
  }
}
