package dev.lgc.runtime.dist;

import dev.lgc.dsl.text.Text;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The command that starts a program as several ranks on this machine. */
public final class MpiCommand {
  private static final long MIB = 1 << 20;

  /** Versions before 5, whose launcher is another program. */
  private static final Pattern OLD = Pattern.compile("Open(?: MPI|RTE)\\)? [1-4]\\.");

  private MpiCommand() {}

  /**
   * {@code mpirun} with the program after it. Ranks inherit the environment; the first reads
   * standard input. None is bound to a core, as each has threads of its own; there may be more
   * ranks than cores.
   *
   * @throws MpiMissing if there is no {@code mpirun}, or one that is not known
   */
  public static List<String> of(int ranks, List<String> program) throws MpiMissing {
    Path mpirun =
        MpiFiles.launcher()
            .orElseThrow(
                () ->
                    new MpiMissing(
                        "no mpirun on the PATH: install Open MPI (Debian's package is"
                            + " openmpi-bin)"));
    List<String> command = new ArrayList<>();
    // Ctrl-C reaches all of a terminal's session: mpirun would kill ranks while they save.
    MpiFiles.onPath("setsid").ifPresent(p -> command.add("setsid"));
    command.add(mpirun.toString());
    command.addAll(options(mpirun, version(mpirun)));
    command.addAll(List.of("-n", Integer.toString(ranks)));
    command.add("env"); // Open MPI gives a program called `java` a class path of its own
    command.addAll(program);
    return command;
  }

  static List<String> options(Path mpirun, String version) throws MpiMissing {
    if (version.contains("HYDRA")) {
      return List.of("-bind-to", "none");
    }
    if (!version.contains("Open MPI") && !version.contains("OpenRTE")) {
      String first = version.lines().findFirst().orElse("it says no version").strip();
      throw new MpiMissing(
          Text.format("%s is not known (%s): use that of Open MPI or MPICH", mpirun, first));
    }
    List<String> options = new ArrayList<>();
    if (OLD.matcher(version).find()) {
      options.add("--quiet"); // the rank that fails says why; later versions have no such option
    }
    options.addAll(List.of("--bind-to", "none", "--map-by", "slot:OVERSUBSCRIBE"));
    if (isRoot()) {
      options.add("--allow-run-as-root");
    }
    return options;
  }

  private static String version(Path mpirun) throws MpiMissing {
    try {
      Process p =
          new ProcessBuilder(mpirun.toString(), "--version").redirectErrorStream(true).start();
      p.getOutputStream().close();
      return new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new MpiMissing(mpirun + " does not start: " + e.getMessage());
    }
  }

  private static boolean isRoot() {
    try {
      return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
    } catch (IOException | UnsupportedOperationException e) {
      return System.getProperty("user.name").equals("root");
    }
  }

  /**
   * Flags for the JVM of each of several ranks: its part of this machine's processors, and of the
   * heap that this JVM would have had alone. A heap that the user chose is every rank's.
   */
  public static List<String> jvmFlags(int ranks) {
    List<String> flags = new ArrayList<>();
    int processors = Math.max(1, Runtime.getRuntime().availableProcessors() / ranks);
    flags.add("-XX:ActiveProcessorCount=" + processors);
    boolean chosen =
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
            .anyMatch(f -> f.startsWith("-Xmx") || f.startsWith("-XX:MaxRAM"));
    if (!chosen) {
      flags.add("-Xmx" + Math.max(256, Runtime.getRuntime().maxMemory() / MIB / ranks) + "m");
    }
    return flags;
  }
}
