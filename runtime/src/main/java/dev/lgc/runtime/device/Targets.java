package dev.lgc.runtime.device;

import dev.lgc.runtime.device.cpu.CpuTarget;
import dev.lgc.runtime.device.tornado.TornadoTarget;
import dev.lgc.runtime.exec.Target;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The list of all targets. */
public final class Targets {
  /** The target that runs plans unless another is named. */
  public static final Target DEFAULT = new CpuTarget();

  /** All of them, {@link #DEFAULT} first: a new target is a line here. */
  public static final List<Target> ALL = List.of(DEFAULT, new TornadoTarget());

  private Targets() {}

  /** The target of a name, in upper or lower case. */
  public static Optional<Target> named(String name) {
    return ALL.stream().filter(t -> t.name().equals(name.toLowerCase(Locale.ROOT))).findFirst();
  }
}
