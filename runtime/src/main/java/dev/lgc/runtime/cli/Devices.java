package dev.lgc.runtime.cli;

import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.dist.HostShare;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.exec.Target;
import java.util.LinkedHashMap;
import java.util.Map;
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

  /** The same for one of several ranks. */
  static Device cpu(int threads, Ranks ranks) {
    return new CpuDevice(threads(threads), ranks);
  }

  /** The settings that open devices, with {@code threads} threads of the CPU; 0 for all cores. */
  static Target.Settings settings(int threads) {
    return new Target.Settings(threads(threads), Devices::warn);
  }

  /** The same for one of several ranks, of which rank 0 says what is not as it should be. */
  static Target.Settings settings(int threads, Ranks ranks) {
    return new Target.Settings(
        threads(threads), ranks.rank() == 0 ? Devices::warn : text -> {}, ranks);
  }

  /** Says, in a line and once, that something is not as it should be. */
  static void warn(String text) {
    if (WARNED.add(text)) {
      System.err.println("warning: " + text);
    }
  }

  /** The number of threads that is meant; {@code wanted} is 0 for all cores. */
  static int threads(int wanted) {
    return CpuDevice.threads(wanted);
  }

  /** The same on a rank, which has a part of its machine. */
  static int threads(int wanted, HostShare host) {
    return wanted > 0 ? threads(wanted) : Math.min(threads(0), host.processors());
  }

  /** The things that ranks which compute the same have in common, by what they are. */
  static Map<String, String> common(Device device) {
    Map<String, String> common = new LinkedHashMap<>();
    common.put("version of lgc", new Version().getVersion()[0]);
    common.put("device", device.kind());
    return common;
  }
}
