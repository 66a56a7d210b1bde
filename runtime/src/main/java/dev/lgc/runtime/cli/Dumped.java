package dev.lgc.runtime.cli;

import dev.lgc.compiler.pipeline.Pass;
import dev.lgc.compiler.pipeline.Passes;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Something of a compilation that {@code --dump} prints. */
sealed interface Dumped {

  /** A stage, or what there is to say of the passes. */
  enum Stage implements Dumped {
    /** The checked model: storage, entries. */
    model,
    /** The graphs of steps as they are stored, composites whole. */
    graph,
    /** The list of passes. */
    passes,
    /** How long each pass took. */
    times,
    /** Kernel calls of each step. */
    fused,
    /** Kernels. */
    kernels,
    /** Kernels as class files for the JVM, printed. */
    bytecode,
    /** Arenas and what is where. */
    memory
  }

  /** The graphs that a pass leaves. */
  record After(Pass pass) implements Dumped {}

  /** All names, stages first. */
  static Stream<String> names() {
    return Stream.concat(
        Arrays.stream(Stage.values()).map(Enum::name), Passes.ALL.stream().map(Pass::name));
  }

  /** What a name means. */
  static Optional<Dumped> named(String name) {
    return Arrays.stream(Stage.values())
        .filter(s -> s.name().equals(name))
        .<Dumped>map(s -> s)
        .findFirst()
        .or(() -> Passes.named(name).map(After::new));
  }

  /** Reads a name. */
  final class Converter implements ITypeConverter<Dumped> {
    @Override
    public Dumped convert(String name) {
      return named(name)
          .orElseThrow(
              () ->
                  new TypeConversionException(
                      "expected one of " + String.join(", ", names().toList())));
    }
  }

  /** Offers all names. */
  final class Names implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return names().iterator();
    }
  }
}
