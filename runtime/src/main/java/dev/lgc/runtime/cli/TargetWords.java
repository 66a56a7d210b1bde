package dev.lgc.runtime.cli;

import dev.lgc.runtime.device.Targets;
import dev.lgc.runtime.exec.Target;
import java.util.ListResourceBundle;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The words of help texts for the {@link Targets}: a text has {@code ${bundle:target-names}}, for
 * example, and names no target itself.
 */
final class TargetWords extends ListResourceBundle {
  @Override
  protected Object[][] getContents() {
    return new Object[][] {
      {"target-names", words(Target::name, ", ")},
      {"target-list", words(Target::name, ",")},
      {"target-devices", words(Target::deviceHelp, "; ")},
      {"target-kernels", words(Target::kernelsHelp, ". ")},
      // The target of examples that do not use the default.
      {"other-target", Targets.ALL.get(1).name()},
      {"other-device", Targets.ALL.get(1).device()},
    };
  }

  private static String words(Function<Target, String> of, String between) {
    return Targets.ALL.stream()
        .map(of)
        .filter(w -> !w.isEmpty())
        .collect(Collectors.joining(between));
  }
}
