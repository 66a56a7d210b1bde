package dev.lgc.runtime.cli;

import dev.lgc.dsl.diagnostic.Outcome;
import dev.lgc.dsl.format.Formatter;
import dev.lgc.dsl.source.Source;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.io.AtomicFiles;
import dev.lgc.runtime.io.BadInputException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lgc fmt}. */
@Command(
    name = "fmt",
    mixinStandardHelpOptions = true,
    description = "Formats .arch files, in place.",
    footer = {
      "",
      "Examples:",
      "  lgc fmt gpt.arch",
      "  lgc fmt --check *.arch",
      "  lgc fmt - < gpt.arch"
    })
final class FmtCommand implements Callable<Integer>, OneProcess.Exempt {
  @Spec private CommandSpec spec;

  @Parameters(
      arity = "1..*",
      paramLabel = "F.arch",
      description = "files; - for standard input, which is printed formatted")
  private List<String> files;

  @Option(names = "--check", description = "change nothing; exit with 1 if a file is not formatted")
  private boolean check;

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    List<String> unformatted = new ArrayList<>();
    for (String name : files) {
      if (name.equals("-")) {
        String text = new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
        out.print(format("standard input", text));
        continue;
      }
      String text = read(Path.of(name));
      String formatted = format(name, text);
      if (!formatted.equals(text)) {
        unformatted.add(name);
        if (!check) {
          AtomicFiles.writeString(Path.of(name), formatted);
        }
      }
    }
    unformatted.forEach(n -> out.println((check ? "not formatted: " : "formatted ") + n));
    out.flush();
    return check && !unformatted.isEmpty() ? Faults.MISTAKE : 0;
  }

  private static String format(String name, String text) {
    Outcome<String> formatted = Formatter.format(Source.of(name, text));
    return UserError.orThrow(formatted);
  }

  private static String read(Path file) throws IOException {
    try {
      return Files.readString(file);
    } catch (CharacterCodingException e) {
      throw new BadInputException(file + ": not UTF-8", "an .arch file", "", e);
    }
  }
}
