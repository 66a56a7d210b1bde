package dev.lgc.runtime.cli;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.device.Targets;
import dev.lgc.runtime.exec.Target;
import java.util.Iterator;
import java.util.List;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Options whose value is the name of a {@link Target}. */
final class TargetOption {
  private TargetOption() {}

  private static List<String> names() {
    return Targets.ALL.stream().map(Target::name).toList();
  }

  /** Reads a name. */
  static final class Converter implements ITypeConverter<Target> {
    @Override
    public Target convert(String name) {
      return Targets.named(name)
          .orElseThrow(
              () ->
                  new TypeConversionException(
                      Text.format(
                          "expected one of %s but was '%s'", String.join(", ", names()), name)));
    }
  }

  /** Offers all names. */
  static final class Names implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return names().iterator();
    }
  }
}
