package dev.lgc.runtime.dump;

import dev.lgc.compiler.pipeline.Pass;
import dev.lgc.compiler.pipeline.Passes;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;

/** One item of a compilation that {@code --dump} prints. */
public sealed interface DumpItem {

  /** A stage of the compilation, or its passes. */
  enum Stage implements DumpItem {
    /** The checked model: storage, entries. */
    model,
    /** The graphs of steps as they are stored, composites whole. */
    graph,
    /** The list of passes. */
    passes,
    /** The time that each pass took. */
    times,
    /** Kernel calls of each step. */
    fused,
    /** Kernels. */
    kernels,
    /** Kernels as class files for the JVM, printed. */
    bytecode,
    /** Arenas and their contents. */
    memory
  }

  /** The graphs that a pass leaves. */
  record After(Pass pass) implements DumpItem {}

  /** All names, stages first. */
  static Stream<String> names() {
    return Stream.concat(
        Arrays.stream(Stage.values()).map(Enum::name), Passes.ALL.stream().map(Pass::name));
  }

  /** The item of a name; empty if there is none. */
  static Optional<DumpItem> named(String name) {
    return Arrays.stream(Stage.values())
        .filter(s -> s.name().equals(name))
        .<DumpItem>map(s -> s)
        .findFirst()
        .or(() -> Passes.named(name).map(After::new));
  }
}
