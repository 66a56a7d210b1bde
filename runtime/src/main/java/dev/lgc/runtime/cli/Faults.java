package dev.lgc.runtime.cli;

import dev.lgc.dsl.diagnostic.Renderer;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.dist.SharedFailure;
import dev.lgc.runtime.exec.StepFault;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.FileNames;
import dev.lgc.runtime.io.IoReason;
import dev.lgc.runtime.io.UnwritableException;
import dev.lgc.runtime.report.Terminal;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The end of a command that fails: a mistake in the input is explained (exit code 1), and so is a
 * wrong command line (2); a fault of ours is one line that says where its details were written (3).
 * Where one of several ranks is lost, all end with {@link dev.lgc.runtime.dist.Ranks#LOST}.
 */
final class Faults {
  static final int MISTAKE = 1;
  static final int USAGE = 2;
  static final int OURS = 3;

  private Faults() {}

  static int onException(Exception e, CommandLine line, ParseResult parsed) {
    String[] args = parsed.originalArgs().toArray(new String[0]);
    return report(e, args, line.getErr());
  }

  static int onUsage(ParameterException e, String... args) {
    CommandLine line = e.getCommandLine();
    PrintWriter err = line.getErr();
    Optional<BadInputException> value = OptionValues.unreadable(e);
    if (value.isPresent()) {
      return report(value.get(), args, err);
    }
    err.println("lgc: " + e.getMessage());
    if (!UnmatchedArgumentException.printSuggestions(e, err)) {
      synopses(line.getHelp()).forEach(s -> err.println("usage: " + s));
    }
    err.println("`" + line.getCommandSpec().qualifiedName() + " --help` says more");
    err.flush();
    return USAGE;
  }

  /** The ways of calling a command, each in one line. */
  static List<String> synopses(CommandLine.Help help) {
    String[] own = help.commandSpec().usageMessage().customSynopsis();
    return own.length > 0
        ? List.of(own)
        : List.of(help.synopsis(0).strip().replaceAll("\\s+", " "));
  }

  /** Tells the user of {@code e}; returns the exit code. */
  static int report(Throwable e, String[] args, PrintWriter err) {
    int code =
        switch (e) {
          case UserError u -> {
            err.print(Renderer.terminal(u.diagnostics(), Terminal.colours()));
            yield MISTAKE;
          }
          case BadInputException b -> {
            mistake(err, b.what(), b.expected(), b.hint());
            yield MISTAKE;
          }
          // Another rank tells the user; were this to fail, a launcher might end it before it has.
          case SaidByAnother _ -> CommandLine.ExitCode.OK;
          case SharedFailure _ -> CommandLine.ExitCode.OK;
          case StepFault f when f.hasLine() -> {
            mistake(
                err,
                f.getMessage(),
                "indices from 0 to the number of rows minus one",
                "look at how the model computes the index, or at the codes and classes it is"
                    + " given");
            yield MISTAKE;
          }
          case InvalidPathException p -> report(FileNames.unwritable(p), args, err);
          case NoClassDefFoundError n when n.getCause() == null || missing(n.getCause()) -> {
            mistake(
                err,
                "a part of lgc cannot be loaded: " + n.getMessage(),
                "",
                "start it again if its class path has moved, or allow it more open files"
                    + " (`ulimit -n`)");
            yield MISTAKE;
          }
          case UncheckedIOException u -> inputOutput(err, u.getCause());
          case IOException io -> inputOutput(err, io);
          case OutOfMemoryError o -> {
            mistake(
                err,
                "not enough memory: " + o.getMessage(),
                "",
                "use a smaller batch or more micro_batches; LGC_JAVA_OPTS=-Xmx… gives the JVM"
                    + " more");
            yield MISTAKE;
          }
          default -> ours(err, e, args);
        };
    err.flush();
    return code;
  }

  /** The text that the user is told of a failure, and the exit code. */
  record Told(String text, int code) {
    static Told of(Throwable e) {
      StringWriter text = new StringWriter();
      int code;
      try (PrintWriter out = new PrintWriter(text)) {
        code = report(e, new String[0], out);
      }
      String plain = text.toString().replaceAll("\u001b\\[[0-9;]*m", "").strip();
      return new Told(plain.replaceFirst("^(error|lgc): ", ""), code);
    }
  }

  private static boolean missing(Throwable cause) {
    return cause instanceof ClassNotFoundException || cause instanceof IOException;
  }

  /** Prints a mistake that has no place in a text. */
  static void mistake(PrintWriter err, String what, String expected, String hint) {
    err.println(Terminal.paint("1;31", "error") + ": " + what);
    if (!expected.isEmpty()) {
      err.println("  " + Terminal.paint("36", "expected") + "  " + expected);
    }
    if (!hint.isEmpty()) {
      err.println("  " + Terminal.paint("36", "hint") + "      " + hint);
    }
  }

  private static int inputOutput(PrintWriter err, IOException e) {
    if (e instanceof UnwritableException u) {
      mistake(err, u.what(), "", u.safe());
      return MISTAKE;
    }
    mistake(err, IoReason.of(e), "", "");
    return MISTAKE;
  }

  private static int ours(PrintWriter err, Throwable e, String... args) {
    err.println("lgc: a fault in lgc itself: " + firstLine(e));
    try {
      String name =
          "lgc-fault-"
              + DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT)
                  .format(LocalDateTime.now())
              + "-"
              + ProcessHandle.current().pid()
              + ".txt";
      Path file = Path.of(System.getProperty("java.io.tmpdir")).resolve(name);
      StringWriter text = new StringWriter();
      try (PrintWriter out = new PrintWriter(text)) {
        out.println("lgc " + String.join(" ", List.of(args)));
        out.println(String.join("\n", new Version().getVersion()));
        out.println(System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        e.printStackTrace(out);
      }
      Files.writeString(file, text.toString());
      err.println("details are in " + file + "; please report it with that file");
    } catch (IOException | RuntimeException unwritable) {
      err.println("details could not be written: " + unwritable.getMessage());
    }
    return OURS;
  }

  private static String firstLine(Throwable e) {
    String message = e.getMessage() == null ? "" : e.getMessage().lines().findFirst().orElse("");
    return e.getClass().getSimpleName() + (message.isEmpty() ? "" : ": " + message);
  }
}
