package dev.lgc.runtime.cli;

import dev.lgc.runtime.device.tornado.Sdk;
import dev.lgc.runtime.device.tornado.TornadoDevice;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.io.BadInputException;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** {@code --device}. */
final class DeviceChoice implements TornadoUser {
  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      defaultValue = "cpu",
      description =
          "the device to compute on: cpu, the default; tornado or tornado:N, a device of "
              + "TornadoVM that `lgc devices` lists; auto, a GPU if there is one")
  private String device = "cpu";

  @Override
  public boolean wantsTornado() {
    check();
    return device.startsWith("tornado") || device.equals("auto") && Sdk.isNamed(System.getenv());
  }

  private void check() {
    if (!device.matches("cpu|auto|tornado(:\\d{1,4})?")) {
      throw new BadInputException(
          "device `" + device + "`", "cpu, tornado, tornado:N or auto", "`lgc devices` lists them");
    }
  }

  /**
   * Opens the device.
   *
   * @param threads of the CPU; 0 for all cores
   */
  Device open(int threads) {
    check();
    if (device.equals("cpu") || device.equals("auto") && !TornadoDevice.isPossible()) {
      return Devices.cpu(threads);
    }
    if (device.equals("auto")) {
      return gpu().orElseGet(() -> Devices.cpu(threads));
    }
    List<TornadoDevice> all = Devices.tornado();
    int number = device.equals("tornado") ? 0 : Integer.parseInt(device.substring(8));
    if (number >= all.size()) {
      throw new BadInputException(
          "device " + device,
          "tornado:0" + (all.size() > 1 ? " to tornado:" + (all.size() - 1) : ""),
          "`lgc devices` lists them");
    }
    return all.get(number);
  }

  private static Optional<Device> gpu() {
    try {
      return Devices.tornado().stream()
          .filter(TornadoDevice::isGpu)
          .map(d -> (Device) d)
          .findFirst();
    } catch (BadInputException e) {
      return Optional.empty(); // an SDK, but no driver: then there is no GPU to use
    }
  }
}
