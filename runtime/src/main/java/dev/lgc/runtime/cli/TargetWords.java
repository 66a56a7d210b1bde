package dev.lgc.runtime.cli;

import dev.lgc.runtime.device.Targets;
import dev.lgc.runtime.exec.Target;
import java.util.ListResourceBundle;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What help texts say of the {@link Targets} there are, so that none of them names a target: {@code
 * ${bundle:targets}} in a text of a command.
 */
final class TargetWords extends ListResourceBundle {
  @Override
  protected Object[][] getContents() {
    return new Object[][] {
      {"target-names", words(Target::name, ", ")},
      {"target-list", words(Target::name, ",")},
      {"target-devices", words(Target::deviceHelp, "; ")},
      {"target-kernels", words(Target::kernelsHelp, ". ")},
      // What examples show that is not the default.
      {"other-target", Targets.ALL.getLast().name()},
      {"other-device", Targets.ALL.getLast().device()},
    };
  }

  private static String words(Function<Target, String> of, String between) {
    return Targets.ALL.stream()
        .map(of)
        .filter(w -> !w.isEmpty())
        .collect(Collectors.joining(between));
  }
}
