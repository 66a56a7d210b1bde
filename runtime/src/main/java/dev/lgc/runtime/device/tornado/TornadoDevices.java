package dev.lgc.runtime.device.tornado;

import static dev.lgc.runtime.device.tornado.TornadoReflection.constructor;
import static dev.lgc.runtime.device.tornado.TornadoReflection.create;
import static dev.lgc.runtime.device.tornado.TornadoReflection.invoke;
import static dev.lgc.runtime.device.tornado.TornadoReflection.method;
import static dev.lgc.runtime.device.tornado.TornadoReflection.type;

import dev.lgc.runtime.io.BadInputException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The devices of TornadoVM's backends, and their properties. */
final class TornadoDevices {
  private final Method devices = method(type("TornadoDeviceMap"), "getAllBackends");
  private final Constructor<?> newDevices = constructor(type("TornadoDeviceMap"));
  private final Method backendDevices = method(type("TornadoBackend"), "getAllDevices");
  private final Method backendType = method(type("TornadoBackend"), "getBackendType");

  private final Class<?> deviceType = type("common.TornadoDevice");
  private final Method kind = method(deviceType, "getDeviceType");
  private final Method memory = method(deviceType, "getMaxGlobalMemory");
  private final Method largest = method(deviceType, "getMaxAllocMemory");
  private final Method localMemory = method(deviceType, "getDeviceLocalMemorySize");
  private final Method platform = method(deviceType, "getPlatformName");
  private final Method physical = method(deviceType, "getPhysicalDevice");

  private final Class<?> physicalType = type("TornadoTargetDevice");
  private final Method deviceName = method(physicalType, "getDeviceName");
  private final Method units = method(physicalType, "getDeviceMaxComputeUnits");
  private final Method groupItems = method(physicalType, "getDeviceMaxWorkGroupSize");

  /**
   * All devices, in TornadoVM's order.
   *
   * @throws BadInputException if there are none
   */
  List<TornadoDeviceInfo> all() {
    List<TornadoDeviceInfo> found = new ArrayList<>();
    try {
      for (Object backend : (List<?>) invoke(devices, create(newDevices))) {
        String name = invoke(backendType, backend).toString().toLowerCase(Locale.ROOT);
        for (Object d : (List<?>) invoke(backendDevices, backend)) {
          found.add(info(found.size(), name, d));
        }
      }
    } catch (RuntimeException | LinkageError e) {
      throw noDriver(TornadoMessage.of(e), e);
    }
    if (found.isEmpty()) {
      throw noDriver("it finds no device", null);
    }
    return found;
  }

  private TornadoDeviceInfo info(int number, String backend, Object device) {
    Object p = invoke(physical, device);
    return new TornadoDeviceInfo(
        number,
        invoke(deviceName, p).toString().strip(),
        backend,
        invoke(kind, device).toString().equals("GPU"),
        (long) invoke(memory, device),
        (long) invoke(largest, device),
        (long) invoke(localMemory, device),
        (int) Arrays.stream((long[]) invoke(groupItems, p)).max().orElse(1),
        (int) invoke(units, p),
        driver(device, p),
        device);
  }

  /** The platform and, where the backend tells it, the version of the driver. */
  private String driver(Object device, Object physical) {
    String name = String.valueOf(invoke(platform, device)).strip();
    try {
      Method version = physical.getClass().getMethod("getDriverVersion");
      return name + " " + String.valueOf(version.invoke(physical)).strip();
    } catch (ReflectiveOperationException | RuntimeException e) {
      return name; // a backend whose devices do not say
    }
  }

  private static BadInputException noDriver(String why, Throwable cause) {
    return new BadInputException(
        "TornadoVM cannot compute here: " + why,
        "a GPU and its driver (OpenCL or CUDA, as the SDK's backend is)",
        "`clinfo -l` or `nvidia-smi` says what the system has; --device cpu needs no driver",
        cause);
  }
}
