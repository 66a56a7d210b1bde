package dev.lgc.runtime.device.tornado;

import dev.lgc.dsl.text.Text;

/**
 * A device and TornadoVM, which reaches it: what all programs on the device share. One program uses
 * it at a time: it holds the lock of this.
 */
final class TornadoContext {
  private final Tornado tornado;
  private final TornadoDeviceInfo found;

  TornadoContext(Tornado tornado, TornadoDeviceInfo found) {
    this.tornado = tornado;
    this.found = found;
  }

  Tornado tornado() {
    return tornado;
  }

  /** The description that TornadoVM gives of the device. */
  TornadoDeviceInfo found() {
    return found;
  }

  /** The device's name, as in {@code tornado:0 (NVIDIA A10, opencl, 24.0 GB)}. */
  String name() {
    return Text.format(
        "tornado:%d (%s, %s, %.1f GB)",
        found.number(), found.name(), found.backend(), found.bytes() / 1e9);
  }
}
