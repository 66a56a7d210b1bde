package dev.lgc.runtime.cli;

import dev.lgc.runtime.dump.CompilationDump;
import dev.lgc.runtime.dump.DumpItem;
import java.util.Iterator;
import java.util.List;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** {@code --dump}: the stages of the compilation that are printed. */
final class DumpOption {
  @Option(
      names = "--dump",
      paramLabel = "NAME",
      split = ",",
      converter = Converter.class,
      completionCandidates = Names.class,
      description =
          "print a stage of the compilation, or the graphs that a pass leaves:"
              + " ${COMPLETION-CANDIDATES}")
  private List<DumpItem> items = List.of();

  boolean given() {
    return !items.isEmpty();
  }

  /** The text to print: empty if nothing is asked for. */
  String text(CompilationDump of) {
    return of.text(items, "");
  }

  /** The same for one step; for all if {@code step} is empty. */
  String text(CompilationDump of, String step) {
    return of.text(items, step);
  }

  /** Reads a name. */
  static final class Converter implements ITypeConverter<DumpItem> {
    @Override
    public DumpItem convert(String name) {
      return DumpItem.named(name)
          .orElseThrow(
              () ->
                  new TypeConversionException(
                      "expected one of " + String.join(", ", DumpItem.names().toList())));
    }
  }

  /** Offers all names. */
  static final class Names implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return DumpItem.names().iterator();
    }
  }
}
