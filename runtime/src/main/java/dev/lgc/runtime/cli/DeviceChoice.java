package dev.lgc.runtime.cli;

import dev.lgc.runtime.device.Targets;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.exec.Target;
import dev.lgc.runtime.io.BadInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** {@code --device}. */
final class DeviceChoice implements TargetUser {
  private static final String AUTO = "auto";

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      defaultValue = "cpu",
      description =
          "the device to compute on: ${bundle:target-devices}; auto, a GPU if there is one")
  private String device = "cpu";

  @Override
  public List<Target> targets() {
    return device.equals(AUTO)
        ? Targets.ALL.stream().filter(Target::isInstalled).toList()
        : List.of(named());
  }

  /** The target of a device that is named. */
  private Target named() {
    return Targets.ALL.stream().filter(this::isOf).findFirst().orElseThrow(DeviceChoice.this::none);
  }

  private boolean isOf(Target t) {
    return device.equals(t.device()) || t.isNumbered() && device.matches(t.device() + ":\\d{1,4}");
  }

  private BadInputException none() {
    List<String> all = new ArrayList<>();
    for (Target t : Targets.ALL) {
      all.add(t.device());
      if (t.isNumbered()) {
        all.add(t.device() + ":N");
      }
    }
    return new BadInputException(
        "device `" + device + "`",
        String.join(", ", all) + " or " + AUTO,
        "`lgc devices` lists them");
  }

  /**
   * Opens the device.
   *
   * @param threads of the CPU; 0 for all cores
   */
  Device open(int threads) {
    return open(Devices.settings(threads));
  }

  /** The same for one of several ranks. */
  Device open(int threads, Ranks ranks) {
    return open(Devices.settings(threads, ranks));
  }

  private Device open(Target.Settings settings) {
    return (device.equals(AUTO) ? gpu(settings).orElseGet(() -> first(settings)) : chosen(settings))
        .open()
        .get();
  }

  private static Target.DeviceInfo first(Target.Settings settings) {
    return Targets.DEFAULT.devices(settings).getFirst();
  }

  private Target.DeviceInfo chosen(Target.Settings settings) {
    Target target = named();
    List<Target.DeviceInfo> all = target.devices(settings);
    int colon = device.indexOf(':');
    int number = colon < 0 ? 0 : Integer.parseInt(device.substring(colon + 1));
    if (number >= all.size()) {
      String most = target.device() + ":" + (all.size() - 1);
      throw new BadInputException(
          "device " + device,
          target.device() + ":0" + (all.size() > 1 ? " to " + most : ""),
          "`lgc devices` lists them");
    }
    return all.get(number);
  }

  private static Optional<Target.DeviceInfo> gpu(Target.Settings settings) {
    return Targets.ALL.stream()
        .filter(Target::isReady)
        .flatMap(t -> usable(t, settings))
        .filter(Target.DeviceInfo::gpu)
        .findFirst();
  }

  private static Stream<Target.DeviceInfo> usable(Target target, Target.Settings settings) {
    try {
      return target.devices(settings).stream();
    } catch (BadInputException e) {
      return Stream.empty(); // installed, but no driver: then there is no GPU to use
    }
  }
}
