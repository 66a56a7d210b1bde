package dev.lgc.runtime.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The program as users start it: in a JVM of its own, which can be killed. */
final class ChildProcess implements AutoCloseable {
  private final Process process;
  private final Path out;
  private final Path err;

  private ChildProcess(Process process, Path out, Path err) {
    this.process = process;
    this.out = out;
    this.err = err;
  }

  /**
   * Starts {@code lgc ARGS}.
   *
   * @param dir where its output is kept
   */
  static ChildProcess lgc(Path dir, String... args) throws IOException, InterruptedException {
    return lgc(dir, Map.of(), args);
  }

  /** The same with some environment variables of its own. */
  static ChildProcess lgc(Path dir, Map<String, String> environment, String... args)
      throws IOException, InterruptedException {
    return start(dir, environment, List.of(), List.of(), Main.class, args);
  }

  /** Starts another program of the tests. */
  static ChildProcess of(Path dir, Class<?> main, String... args)
      throws IOException, InterruptedException {
    return start(dir, Map.of(), List.of(), List.of(), main, args);
  }

  /**
   * {@code lgc ARGS} after commands of a shell, which may set limits.
   *
   * @param shell commands, of which none may fail
   */
  static ChildProcess lgcAfter(Path dir, String shell, String... args)
      throws IOException, InterruptedException {
    List<String> before = List.of("sh", "-c", shell + " && exec \"$@\"", "sh");
    return start(dir, Map.of(), before, List.of(), Main.class, args);
  }

  /** Starts another program of the tests, with further flags for Java. */
  static ChildProcess of(Path dir, List<String> flags, Class<?> main, String... args)
      throws IOException, InterruptedException {
    return start(dir, Map.of(), List.of(), flags, main, args);
  }

  /** Any command, with some environment variables of its own, and without those that are null. */
  static ChildProcess command(Path dir, Map<String, String> environment, List<String> command)
      throws IOException {
    Path out = Files.createTempFile(dir, "child", ".out");
    Path err = Files.createTempFile(dir, "child", ".err");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    // What a JVM for tests measures is not for the user's own cache.
    builder.environment().put("XDG_CACHE_HOME", dir.resolve("cache").toString());
    environment.forEach(
        (name, value) -> {
          if (value == null) {
            builder.environment().remove(name);
          } else {
            builder.environment().put(name, value);
          }
        });
    return new ChildProcess(builder.start(), out, err);
  }

  private static ChildProcess start(
      Path dir,
      Map<String, String> environment,
      List<String> before,
      List<String> flags,
      Class<?> main,
      String... args)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(before);
    if (resetsSignals()) {
      command.addAll(List.of("env", "--default-signal=INT"));
    }
    command.addAll(program(main, flags, args));
    return command(dir, environment, command);
  }

  /** The command that starts a program of the tests, or lgc itself. */
  static List<String> program(Class<?> main, List<String> flags, String... args) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "--add-modules=jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xmx512m"));
    command.addAll(flags);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(args));
    return command;
  }

  /** Whether a program can be started that hears Ctrl-C even if this one does not. */
  private static boolean resetsSignals() throws InterruptedException {
    try {
      return new ProcessBuilder("env", "--default-signal=INT", "true").start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** The process of a rank that it has started, once that is computing. */
  ProcessHandle rank(int rank) {
    return findRank(rank)
        .orElseThrow(() -> new AssertionError("there is no rank " + rank + ":\n" + said()));
  }

  /** The process of a rank that it has started. */
  Optional<ProcessHandle> findRank(int rank) {
    return process
        .descendants()
        .filter(p -> environment(p).contains("OMPI_COMM_WORLD_RANK=" + rank))
        .findFirst();
  }

  /** The variables of a process; none of one that has ended. */
  private static List<String> environment(ProcessHandle p) {
    Path file = Path.of("/proc", Long.toString(p.pid()), "environ");
    try {
      return List.of(Files.readString(file, StandardCharsets.ISO_8859_1).split("\0"));
    } catch (IOException e) {
      return List.of();
    }
  }

  /** {@code kill -SIGNAL} to it and to all that it has started in its terminal session. */
  void sendToGroup(String signal) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("kill", "-" + signal));
    command.add(Long.toString(process.pid()));
    for (ProcessHandle p : process.descendants().toList()) {
      if (sessionOf(p).equals(sessionOf(process.toHandle()))) {
        command.add(Long.toString(p.pid()));
      }
    }
    new ProcessBuilder(command).start().waitFor();
  }

  private static String sessionOf(ProcessHandle p) throws IOException {
    String stat = Files.readString(Path.of("/proc", Long.toString(p.pid()), "stat"));
    return stat.substring(stat.lastIndexOf(')') + 2).split(" ")[3];
  }

  /** {@code kill -9}. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** Ctrl-C. */
  void interrupt() throws IOException, InterruptedException {
    send("INT");
  }

  /** {@code kill -SIGNAL}. */
  void send(String signal) throws IOException, InterruptedException {
    send(signal, process.toHandle());
  }

  /** The same, to one that it has started. */
  static void send(String signal, ProcessHandle to) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + signal, Long.toString(to.pid())).start().waitFor();
  }

  /** Waits for its end; returns its exit code. */
  int await() throws InterruptedException {
    return await(60);
  }

  /** The same with another limit, in seconds. */
  int await(int seconds) throws InterruptedException {
    if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
      throw new AssertionError("it does not end:\n" + said());
    }
    return process.exitValue();
  }

  String out() {
    return read(out);
  }

  /** What it said on standard error, but for what Java says of its own accord. */
  String err() {
    return read(err).replaceAll("(?m)^WARNING: .*\\R", "");
  }

  /** Everything it said, for messages. */
  String said() {
    return out() + err();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }
}
