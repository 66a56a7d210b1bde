package dev.lgc.runtime.tune;

import dev.lgc.dsl.text.Text;
import java.util.Locale;

/**
 * The key of measured times: they hold for one device, driver and format of schedules.
 *
 * @param device its maker's name for it
 * @param driver what compiles and runs kernels there, with versions
 * @param format of the schedules
 */
public record TuningKey(String device, String driver, int format) {
  /** A name for its file: readable, and different for different keys. */
  String fileName() {
    String name = device.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
    String shown = name.length() <= 60 ? name : name.substring(0, 60);
    return Text.format("%s-%s.json", shown, KernelHash.sha256(toString()).substring(0, 8));
  }
}
