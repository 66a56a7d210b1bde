package dev.lgc.runtime.cli;

import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.output.NamedPath;
import dev.lgc.runtime.output.OutputCheck;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The outputs and inputs that a command line names, checked before the command does anything: see
 * {@link OutputCheck}.
 */
final class Outputs {
  private Outputs() {}

  /** A command that writes a file also where no option names one. */
  interface ByDefault {
    /** The file that it writes without being asked for; empty if there is none. */
    Optional<Path> written();
  }

  /**
   * Checks the options that are {@link Output}s.
   *
   * @throws BadInputException if one of them would destroy something
   */
  static void check(CommandSpec command) {
    List<NamedPath> files = new ArrayList<>();
    List<NamedPath> folders = new ArrayList<>();
    List<NamedPath> inputs = new ArrayList<>();
    for (ArgSpec arg : command.args()) {
      Object value = arg.getValue();
      Optional<Output> output = output(arg);
      path(value)
          .ifPresent(
              p -> {
                NamedPath named = new NamedPath(name(arg), p);
                if (output.isEmpty()) {
                  inputs.add(named);
                } else if (output.get().folder()) {
                  folders.add(named);
                } else {
                  files.add(named);
                }
              });
    }
    if (command.userObject() instanceof ByDefault c) {
      c.written().ifPresent(p -> files.add(new NamedPath("the picture that is written,", p)));
    }
    if (!files.isEmpty() || !folders.isEmpty()) {
      OutputCheck.require(files, folders, inputs);
    }
  }

  private static Optional<Output> output(ArgSpec arg) {
    return arg.userObject() instanceof Field f
        ? Optional.ofNullable(f.getAnnotation(Output.class))
        : Optional.empty();
  }

  private static String name(ArgSpec arg) {
    return arg.isOption() ? ((OptionSpec) arg).longestName() : arg.paramLabel();
  }

  /** The file that an argument names; of texts, those that name one that is there. */
  private static Optional<Path> path(Object value) {
    if (value instanceof Path p) {
      return Optional.of(p);
    }
    try {
      return value instanceof String s && !s.isEmpty() && Files.exists(Path.of(s))
          ? Optional.of(Path.of(s))
          : Optional.empty();
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }
}
