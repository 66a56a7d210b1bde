package dev.lgc.runtime.dist;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A {@link RankProgram} on several ranks, with what they print. */
final class RankProcesses implements AutoCloseable {
  private static final Pattern STARTED = Pattern.compile("rank (\\d+) is process (\\d+)");

  private static final Pattern DESTINATION = Pattern.compile("destfile=([^,]+)");

  private static final Duration START = Duration.ofMinutes(1);

  private final Process mpirun;
  private final Path output;

  /** The coverage of the ranks: apart, as one that is killed may not have written all of it. */
  private final Path coverage;

  private final int size;
  private final List<ProcessHandle> ranks = new ArrayList<>();

  private RankProcesses(Process mpirun, Path output, Path coverage, int size) {
    this.mpirun = mpirun;
    this.output = output;
    this.coverage = coverage;
    this.size = size;
  }

  static RankProcesses start(int size, String... arguments) throws Exception {
    List<String> program = new ArrayList<>();
    program.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    program.addAll(
        List.of("--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"));
    Path coverage = Files.createTempFile("ranks", ".exec");
    agent()
        .map(a -> DESTINATION.matcher(a).replaceFirst("destfile=" + coverage))
        .forEach(program::add);
    program.addAll(List.of("-Xmx600m", "-XX:+UseSerialGC", "-cp"));
    program.addAll(List.of(System.getProperty("java.class.path"), RankProgram.class.getName()));
    program.addAll(List.of(arguments));
    Path output = Files.createTempFile("ranks", ".txt");
    Process mpirun =
        new ProcessBuilder(MpiCommand.of(size, program))
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    return new RankProcesses(mpirun, output, coverage, size);
  }

  /** The agent that measures coverage, if this JVM has it. */
  private static Stream<String> agent() {
    return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(a -> a.startsWith("-javaagent:"));
  }

  /** Adds the coverage of ranks that all came to their end to that of this JVM. */
  private void addCoverage() throws IOException {
    for (String a : agent().toList()) {
      Matcher all = DESTINATION.matcher(a);
      if (all.find() && mpirun.exitValue() == 0) {
        Path whole = Path.of(all.group(1));
        Files.write(
            whole,
            Files.readAllBytes(coverage),
            StandardOpenOption.CREATE,
            StandardOpenOption.APPEND);
      }
    }
    Files.delete(coverage);
  }

  String output() {
    try {
      return Files.readString(output);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The lines that say that something went wrong. */
  List<String> errors() {
    return output().lines().filter(l -> l.startsWith("error:")).toList();
  }

  /** The processes, by rank, as soon as all have said which they are; within a minute. */
  List<ProcessHandle> ranks() throws InterruptedException {
    long until = System.nanoTime() + START.toNanos();
    while (ranks.size() < size) {
      ProcessHandle[] found = new ProcessHandle[size];
      int count = 0;
      for (Matcher m = STARTED.matcher(output()); m.find(); count++) {
        found[Integer.parseInt(m.group(1))] =
            ProcessHandle.of(Long.parseLong(m.group(2))).orElseThrow();
      }
      if (count == size) {
        ranks.addAll(List.of(found));
      } else if (!mpirun.isAlive()) {
        throw new AssertionError(output());
      } else if (System.nanoTime() > until) {
        throw new AssertionError("not started after " + START + ": " + output());
      }
      Thread.sleep(50);
    }
    return ranks;
  }

  /** Its exit code. */
  int waitFor(Duration most) throws InterruptedException {
    if (!mpirun.waitFor(most.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new AssertionError("still running after " + most + ": " + output());
    }
    return mpirun.exitValue();
  }

  static void signal(String name, ProcessHandle process) throws Exception {
    String[] command = {"kill", "-" + name, Long.toString(process.pid())};
    int code = new ProcessBuilder(command).inheritIO().start().waitFor();
    if (code != 0) {
      throw new AssertionError("kill: " + code);
    }
  }

  @Override
  public void close() throws IOException {
    // Once mpirun is gone, nobody knows its descendants.
    mpirun.descendants().forEach(ProcessHandle::destroyForcibly);
    ranks.forEach(ProcessHandle::destroyForcibly);
    mpirun.destroyForcibly().onExit().join();
    addCoverage();
    Files.delete(output);
  }

  /** Returns true of a process that has ended, even if nobody has asked for its exit code yet. */
  static boolean hasEnded(ProcessHandle process) throws IOException {
    Path stat = Path.of("/proc", Long.toString(process.pid()), "stat");
    if (!process.isAlive() || !Files.exists(stat)) {
      return !process.isAlive();
    }
    String state = Files.readString(stat);
    return state.startsWith("Z", state.lastIndexOf(')') + 2);
  }
}
