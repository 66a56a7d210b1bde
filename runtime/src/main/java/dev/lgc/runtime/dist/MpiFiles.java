package dev.lgc.runtime.dist;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Finds MPI's library and launcher. */
final class MpiFiles {
  /** The file of the library, instead of the first that is found. */
  static final String PROPERTY = "lgc.mpi";

  private static final List<String> OPEN_MPI = List.of("libmpi.so.40", "libmpi.40.dylib");
  private static final List<String> MPICH = List.of("libmpich.so.12", "libmpi.so.12");

  private MpiFiles() {}

  /**
   * Opens the library of the launcher that started this process; where that is not known, any.
   *
   * @throws MpiMissing if there is none
   */
  static SymbolLookup open() throws MpiMissing {
    List<String> tried = new ArrayList<>();
    for (String file : candidates()) {
      try {
        return SymbolLookup.libraryLookup(file, Arena.global());
      } catch (IllegalArgumentException e) {
        tried.add(file);
      }
    }
    throw new MpiMissing(
        "no MPI library found (looked for "
            + String.join(", ", tried)
            + "): install Open MPI, or set -D"
            + PROPERTY
            + "=FILE in LGC_JAVA_OPTS");
  }

  private static List<String> candidates() {
    String chosen = System.getProperty(PROPERTY);
    if (chosen != null) {
      return List.of(chosen);
    }
    Stream<String> names = Stream.concat(OPEN_MPI.stream(), MPICH.stream());
    if (Launch.ofThisProcess().filter(l -> l.launcher().contains("MPICH")).isPresent()) {
      names = Stream.concat(MPICH.stream(), OPEN_MPI.stream());
    }
    List<Path> beside = launcher().map(MpiFiles::libraries).orElse(List.of());
    return names
        .flatMap(
            n -> Stream.concat(Stream.of(n), beside.stream().map(d -> d.resolve(n).toString())))
        .filter(n -> !n.contains("/") || Files.exists(Path.of(n)))
        .toList();
  }

  /** The folders where an MPI that is not the system's keeps its libraries. */
  private static List<Path> libraries(Path launcher) {
    Path prefix = launcher.getParent().getParent();
    return prefix == null ? List.of() : List.of(prefix.resolve("lib"), prefix.resolve("lib64"));
  }

  /** {@code mpirun} of the PATH, behind its links. */
  static Optional<Path> launcher() {
    return onPath("mpirun");
  }

  /** A program of the PATH, behind its links. */
  static Optional<Path> onPath(String program) {
    String path = System.getenv().getOrDefault("PATH", "");
    for (String folder : path.split(":")) {
      Path file = Path.of(folder, program);
      if (Files.isExecutable(file) && !Files.isDirectory(file)) {
        try {
          return Optional.of(file.toRealPath());
        } catch (IOException e) {
          return Optional.of(file);
        }
      }
    }
    return Optional.empty();
  }
}
