package dev.lgc.runtime.cli;

import dev.lgc.runtime.dist.Launch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.ExecutionException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/**
 * Runs a command. One that uses a target which this JVM cannot is run by another JVM, with the
 * flags that the target needs: they cannot be given to a JVM that runs, and slow down the start of
 * one that does not need them. This process lends it its terminal, passes on what ends it, and ends
 * as it does.
 */
final class Relaunch {
  /**
   * Flags that are this JVM's alone: an archive of loaded classes fits only the flags it was made
   * with, and what the launcher opened is not open in another process, where the same descriptor
   * may be another file.
   */
  private static final List<String> NOT_PASSED_ON =
      List.of(
          "-XX:SharedArchiveFile",
          "-XX:AOTCache",
          "-D" + StandardStreams.UNFILTERED + "=",
          "-D" + Relaunch.STARTED + "=");

  /** Set in the JVM that was started: it ends when the process that started it is gone. */
  private static final String STARTED = "lgc.relaunched";

  /** The program that takes the place of this one. */
  interface Other {
    /** It was started. */
    default void started(Process process) {}

    /** Asks it to end. */
    default void terminate(Process process) {
      process.toHandle().destroy(); // destroy() of the process itself would close its streams
    }
  }

  private Relaunch() {}

  /**
   * Runs a command here or there.
   *
   * @param program the main class of the other JVM
   */
  static int execute(ParseResult parsed, Class<?> program) {
    CommandLine line = parsed.commandSpec().commandLine();
    try {
      OptionValues.check(parsed);
    } catch (RuntimeException e) {
      throw new ExecutionException(line, "an option that cannot be", e);
    }
    ParseResult last = parsed;
    while (last.hasSubcommand()) {
      last = last.subcommand();
    }
    try {
      boolean help = last.isUsageHelpRequested() || last.isVersionHelpRequested();
      if (!help) {
        Object command = last.commandSpec().userObject();
        OneProcess.require(command, System.getenv());
        if (!(command instanceof OneProcess.Shared)
            || Launch.ofSeveral(System.getenv()).isEmpty()) {
          Outputs.check(last.commandSpec());
        }
      }
      List<String> flags = help ? List.of() : flags(last.commandSpec());
      if (!flags.isEmpty()) {
        return run(command(program, flags, parsed.originalArgs()), new Other() {});
      }
    } catch (RuntimeException e) {
      throw new ExecutionException(line, "cannot start a JVM for the device", e);
    }
    return new CommandLine.RunLast().execute(parsed);
  }

  /** The flags that this JVM lacks for the targets that a command uses. */
  private static List<String> flags(CommandSpec spec) {
    return Stream.concat(Stream.of(spec), mixins(spec))
        .flatMap(s -> s.userObject() instanceof TargetUser u ? u.targets().stream() : Stream.of())
        .distinct()
        .filter(t -> !t.isReady())
        .flatMap(t -> t.jvmFlags().stream())
        .toList();
  }

  private static Stream<CommandSpec> mixins(CommandSpec spec) {
    return spec.mixins().values().stream().flatMap(m -> Stream.concat(Stream.of(m), mixins(m)));
  }

  /** This JVM's command line, with more flags and other arguments. */
  static List<String> command(Class<?> program, List<String> flags, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (String flag : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      if (NOT_PASSED_ON.stream().noneMatch(flag::startsWith)) {
        command.add(flag);
      }
    }
    command.addAll(flags);
    command.add("-D" + STARTED + "=" + ProcessHandle.current().pid());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), program.getName()));
    command.addAll(arguments);
    return command;
  }

  /**
   * Runs a program that takes the place of this one.
   *
   * @return its exit code
   */
  static int run(List<String> command, Other other) {
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectInput(ProcessBuilder.Redirect.INHERIT)
              .redirectOutput(ProcessBuilder.Redirect.INHERIT)
              .start();
      Thread errors =
          Thread.ofPlatform()
              .daemon()
              .start(() -> Announcement.drop(process.getErrorStream(), System.err));
      other.started(process);
      Signals.passTo(() -> other.terminate(process));
      Thread end = new Thread(() -> end(process, errors, other), "lgc-end");
      Runtime.getRuntime().addShutdownHook(end);
      int code = process.waitFor();
      errors.join();
      forget(end);
      return Signals.exitCode(code);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Faults.OURS;
    }
  }

  private static void forget(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      return; // this process is ending, and it has run
    }
  }

  /** Asks it to end, and lets it save what it does and say so. */
  private static void end(Process process, Thread errors, Other other) {
    other.terminate(process);
    try {
      process.waitFor();
      errors.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns true in the JVM that was started. */
  static boolean isStarted() {
    return Long.getLong(STARTED) != null;
  }

  /**
   * In the JVM that was started: ends, saving what it does, when nobody waits for it any more. That
   * is its parent, and who started it by another program.
   */
  static void endWithParent() {
    if (isStarted()) {
      Stream.of(ProcessHandle.current().parent(), ProcessHandle.of(Long.getLong(STARTED)))
          .flatMap(Optional::stream)
          .distinct()
          .forEach(p -> p.onExit().thenRun(() -> Runtime.getRuntime().exit(Faults.MISTAKE)));
    }
  }
}
