package dev.lgc.runtime.cli;

import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.data.ImageFolder;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.RunFolder;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;

/**
 * Refuses outputs that would destroy something, of every command and before it does anything: an
 * output must not be an input, another output, a file of a run, nor a source file. Files are the
 * same if the system says so, however they are spelled or linked.
 */
final class Outputs {
  /** What no command writes to a file that a user names, and much is lost with. */
  private static final Pattern SOURCE =
      Pattern.compile(".+\\.(arch|yaml|yml|safetensors|pt|pth|ckpt|bin)");

  private Outputs() {}

  /** A file that a command names. */
  private record Named(String by, Path path) {}

  /** A command that writes a file also where no option names one. */
  interface ByDefault {
    /** The file that it writes without being asked for; empty if there is none. */
    Optional<Path> written();
  }

  /**
   * Looks at the options that are {@link Output}s.
   *
   * @throws BadInputException if one of them would destroy something
   */
  static void check(CommandSpec command) {
    List<Named> files = new ArrayList<>();
    List<Named> folders = new ArrayList<>();
    List<Named> inputs = new ArrayList<>();
    for (ArgSpec arg : command.args()) {
      Object value = arg.getValue();
      Optional<Output> output = output(arg);
      path(value)
          .ifPresent(
              p -> {
                Named named = new Named(name(arg), p);
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
      c.written().ifPresent(p -> files.add(new Named("the picture that is written,", p)));
    }
    if (files.isEmpty() && folders.isEmpty()) {
      return;
    }
    List<Named> implied = new ArrayList<>();
    inputs.forEach(i -> implied.addAll(ofRun(i)));
    inputs.addAll(implied);
    files.removeIf(f -> isSpecial(f.path())); // a pipe, a terminal, /dev/null
    files.forEach(f -> checkFile(f, inputs));
    checkOthers(files, folders);
    for (Named folder : folders) {
      for (Named input : inputs) {
        if (same(folder.path(), input.path())) {
          throw refused(folder, "it is also " + input.by(), "a folder of its own");
        }
      }
    }
  }

  /** Refuses a file that is also another output, or in whose place another needs a folder. */
  private static void checkOthers(List<Named> files, List<Named> folders) {
    for (int i = 0; i < files.size(); i++) {
      Named file = files.get(i);
      List<Named> others = new ArrayList<>(files);
      others.remove(i);
      others.addAll(folders);
      for (Named other : others) {
        if (same(file.path(), other.path())) {
          throw refused(
              file,
              "both " + file.by() + " and " + other.by() + " name it",
              folders.contains(other) ? "a file and a folder" : "two files");
        }
        if (real(other.path()).startsWith(real(file.path()))) {
          throw refused(file, other.by() + " " + other.path() + " is in it", "a file");
        }
      }
    }
  }

  /**
   * Refuses a run whose folder is among its pictures: what it draws would be trained on.
   *
   * @throws UserError if it is
   */
  static void check(RunFile run) {
    Path folder = run.resolve(run.config().checkpoint().dir());
    run.config().data().stream()
        .flatMap(d -> Stream.of(d.path(), d.heldOutPath()).flatMap(Optional::stream))
        .map(run::resolve)
        .filter(Files::isDirectory)
        .filter(pictures -> real(folder).startsWith(real(pictures)))
        .findFirst()
        .ifPresent(
            pictures -> {
              throw UserError.setting(
                  run.place("checkpoint.dir"),
                  "the run's folder lies among its pictures, which would be trained on",
                  folder.toString(),
                  "a folder outside of " + pictures,
                  "");
            });
  }

  private static Optional<Output> output(ArgSpec arg) {
    return arg.userObject() instanceof Field f
        ? Optional.ofNullable(f.getAnnotation(Output.class))
        : Optional.empty();
  }

  private static String name(ArgSpec arg) {
    return arg.isOption()
        ? ((picocli.CommandLine.Model.OptionSpec) arg).longestName()
        : arg.paramLabel();
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

  /** What a run file names. */
  private static List<Named> ofRun(Named input) {
    String name = input.path().toString();
    if (!(name.endsWith(".yaml") || name.endsWith(".yml")) || !Files.isRegularFile(input.path())) {
      return List.of();
    }
    var read = RunFile.read(input.path());
    if (!read.isOk()) {
      return List.of(); // the command will say so
    }
    RunFile run = read.get();
    RunConfig c = run.config();
    Map<String, Path> named = new LinkedHashMap<>();
    c.artifact().ifPresent(p -> named.put("artifact", p));
    c.startFrom().ifPresent(f -> named.put("start_from", f.path()));
    c.weights().forEach((k, p) -> named.put("weights." + k, p));
    c.samples().tokenizer().ifPresent(p -> named.put("samples.tokenizer", p));
    c.data()
        .ifPresent(
            d -> {
              d.path().ifPresent(p -> named.put("data.path", p));
              d.labels().ifPresent(p -> named.put("data.labels", p));
              d.heldOutPath().ifPresent(p -> named.put("data.held_out_path", p));
            });
    // `codes` are what `tokenize` writes: only their captions come from elsewhere.
    c.codes().flatMap(RunConfig.Codes::captions).ifPresent(p -> named.put("codes.captions", p));
    List<Named> all = new ArrayList<>();
    named.forEach((k, p) -> all.add(new Named("`" + k + "` of " + name, run.resolve(p))));
    return all;
  }

  private static void checkFile(Named output, List<Named> inputs) {
    Path path = output.path();
    if (Files.isDirectory(path)) {
      throw refused(output, "it is a folder", "a file");
    }
    boolean exists = Files.exists(path);
    for (Named input : inputs) {
      if (isPicture(path) && isInDataFolder(path, input.path())) {
        String why = exists ? "it is" : "it would become";
        throw refused(output, why + " one of the pictures of " + input.by(), "another file");
      }
    }
    if (!exists) {
      return;
    }
    for (Named input : inputs) {
      if (same(path, input.path())) {
        throw refused(output, "it is also " + input.by() + ", which is read", "another file");
      }
    }
    String name = real(path).getFileName().toString();
    if (SOURCE.matcher(name).matches()) {
      throw refused(output, "it is a source file or weights", "a file that may be replaced");
    }
    if (RunFolder.isOfRun(real(path))) {
      throw refused(output, "it is a file of a run", "another file");
    }
  }

  private static boolean isPicture(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return ImageFolder.ENDINGS.contains(name.substring(name.lastIndexOf('.') + 1));
  }

  /** Whether it lies in a folder that is read, and is not a run's. */
  private static boolean isInDataFolder(Path file, Path folder) {
    return Files.isDirectory(folder)
        && !new RunFolder(folder).isRun()
        && real(file).startsWith(real(folder));
  }

  private static BadInputException refused(Named output, String why, String expected) {
    return new BadInputException(
        output.by() + " " + output.path() + ": " + why,
        expected,
        "nothing was changed; name another output");
  }

  private static boolean isSpecial(Path path) {
    return Files.exists(path) && !Files.isRegularFile(path) && !Files.isDirectory(path);
  }

  private static boolean same(Path a, Path b) {
    try {
      return Files.exists(a) && Files.exists(b) ? Files.isSameFile(a, b) : real(a).equals(real(b));
    } catch (IOException e) {
      return real(a).equals(real(b));
    }
  }

  /** Without links and dots, as far as it exists. */
  private static Path real(Path path) {
    Path absolute = path.toAbsolutePath().normalize();
    for (Path p = path.toAbsolutePath(); p != null; p = p.getParent()) {
      try {
        Path rest = p.relativize(path.toAbsolutePath());
        return rest.toString().isEmpty()
            ? p.toRealPath()
            : p.toRealPath().resolve(rest).normalize();
      } catch (IOException | IllegalArgumentException e) {
        continue; // its parent may exist
      }
    }
    return absolute;
  }
}
