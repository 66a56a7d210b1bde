package dev.lgc.runtime.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
  /** Set in the JVM that was started: it ends when the process that started it is gone. */
  private static final String STARTED = "lgc.relaunched";

  private static final String ANNOUNCEMENT = "WARNING: Using incubator modules";

  private Relaunch() {}

  /** As an execution strategy: runs the command here or there. */
  static int execute(ParseResult parsed) {
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
        Outputs.check(last.commandSpec());
      }
      List<String> flags = help ? List.of() : flags(last.commandSpec());
      if (!flags.isEmpty()) {
        return run(command(flags, parsed.originalArgs()));
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

  /** This JVM's command line, with more flags. */
  static List<String> command(List<String> flags, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (String flag : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      // An archive of loaded classes fits only the flags it was made with.
      if (!flag.startsWith("-XX:SharedArchiveFile")) {
        command.add(flag);
      }
    }
    command.addAll(flags);
    command.add("-D" + STARTED + "=true");
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(arguments);
    return command;
  }

  private static int run(List<String> command) {
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectInput(ProcessBuilder.Redirect.INHERIT)
              .redirectOutput(ProcessBuilder.Redirect.INHERIT)
              .start();
      Thread errors =
          Thread.ofPlatform().daemon().start(() -> pass(process.getErrorStream(), System.err));
      Signals.passTo(process.toHandle());
      Runtime.getRuntime().addShutdownHook(new Thread(() -> end(process, errors), "lgc-end"));
      int code = process.waitFor();
      errors.join();
      return Signals.exitCode(code);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Faults.OURS;
    }
  }

  /** Asks it to end, and lets it save what it does and say so. */
  private static void end(Process process, Thread errors) {
    process.toHandle().destroy(); // destroy() of the process itself would close its streams
    try {
      process.waitFor();
      errors.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Passes on what comes, as it comes, but for the first line if it says that the Vector API is
   * incubating.
   */
  static void pass(InputStream from, OutputStream to) {
    try (from) {
      byte[] announcement = new byte[256];
      int n = 0;
      int b;
      do {
        b = from.read();
        if (b >= 0) {
          announcement[n++] = (byte) b;
        }
      } while (b >= 0 && b != '\n' && n < announcement.length && begins(announcement, n));
      if (b != '\n' || !begins(announcement, n)) {
        to.write(announcement, 0, n);
        to.flush();
      }
      from.transferTo(to);
      to.flush();
    } catch (IOException e) {
      return; // whoever should read this is gone
    }
  }

  private static boolean begins(byte[] text, int length) {
    for (int i = 0; i < Math.min(length, ANNOUNCEMENT.length()); i++) {
      if (text[i] != ANNOUNCEMENT.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** Whether this is the JVM that was started. */
  static boolean isStarted() {
    return Boolean.getBoolean(STARTED);
  }

  /** In the JVM that was started: ends, saving what it does, when nobody waits for it any more. */
  static void endWithParent() {
    if (isStarted()) {
      ProcessHandle.current()
          .parent()
          .ifPresent(p -> p.onExit().thenRun(() -> Runtime.getRuntime().exit(Faults.MISTAKE)));
    }
  }
}
