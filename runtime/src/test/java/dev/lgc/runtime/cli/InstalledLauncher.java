package dev.lgc.runtime.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A copy of the launcher, with what its build would have left. */
final class InstalledLauncher {
  private final Path dir;
  private final Path lgc;

  /**
   * Installs it in a folder.
   *
   * @param dir the home of the copy, {@code $D} for the commands that start it
   */
  InstalledLauncher(Path dir) throws IOException {
    this.dir = dir;
    this.lgc = copyInto(dir);
    classPath(libraries());
  }

  /** The launcher alone, in a folder. */
  static Path copyInto(Path folder) throws IOException {
    Path script = Path.of("..", "lgc");
    return Files.copy(script, folder.resolve("lgc"), StandardCopyOption.COPY_ATTRIBUTES);
  }

  /** The class path of the tests. */
  static String libraries() {
    return Stream.of(System.getProperty("java.class.path").split(":"))
        .filter(entry -> !entry.isEmpty())
        .collect(Collectors.joining(":"));
  }

  /** Has the launcher start lgc from other entries; there are no archives of their classes. */
  void classPath(String entries) throws IOException {
    Path state = Files.createDirectories(dir.resolve(".lgc"));
    Files.write(state.resolve("classpath"), List.of(entries, state + "/none"));
  }

  /** Starts a command of bash, for which {@code $L} is the launcher. */
  ChildProcess bash(Map<String, String> environment, String command) throws IOException {
    Map<String, String> all = new HashMap<>(environment);
    all.put("LGC_JAVA_HOME", System.getProperty("java.home"));
    all.put("LGC_JAVA_OPTS", "-Xmx512m -Dlgc.cache=" + dir.resolve("cache"));
    all.put("L", lgc.toString());
    all.put("D", dir.toString());
    return ChildProcess.command(dir, all, List.of("bash", "-c", command));
  }
}
