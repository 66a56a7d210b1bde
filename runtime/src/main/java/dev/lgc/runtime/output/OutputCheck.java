package dev.lgc.runtime.output;

import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.data.ImageReader;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.RunFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The check that outputs destroy nothing: an output must not be an input, another output, a file of
 * a run, nor a source file. Files are the same if the system says so, however they are spelled or
 * linked.
 */
public final class OutputCheck {
  /** Files that no command writes where a user names them, and that are hard to replace. */
  private static final Pattern SOURCE =
      Pattern.compile(".+\\.(arch|yaml|yml|safetensors|pt|pth|ckpt|bin)");

  private OutputCheck() {}

  /**
   * Refuses outputs that would destroy something.
   *
   * @param files that are written
   * @param folders into which files are written
   * @param inputs files and folders that are read; of run files, those that they name too
   * @throws BadInputException naming the first such output
   */
  public static void require(
      List<NamedPath> files, List<NamedPath> folders, List<NamedPath> inputs) {
    List<NamedPath> read = new ArrayList<>(inputs);
    inputs.forEach(i -> read.addAll(ofRun(i)));
    List<NamedPath> written = new ArrayList<>(files);
    written.removeIf(f -> isSpecial(f.path())); // a pipe, a terminal, /dev/null
    written.forEach(f -> checkFile(f, read));
    checkOthers(written, folders);
    for (NamedPath folder : folders) {
      for (NamedPath input : read) {
        if (PathIdentity.same(folder.path(), input.path())) {
          throw refused(folder, "it is also " + input.by(), "a folder of its own");
        }
      }
    }
  }

  /** Refuses a file that is also another output, or in whose place another needs a folder. */
  private static void checkOthers(List<NamedPath> files, List<NamedPath> folders) {
    for (int i = 0; i < files.size(); i++) {
      NamedPath file = files.get(i);
      List<NamedPath> others = new ArrayList<>(files);
      others.remove(i);
      others.addAll(folders);
      for (NamedPath other : others) {
        if (PathIdentity.same(file.path(), other.path())) {
          throw refused(
              file,
              "both " + file.by() + " and " + other.by() + " name it",
              folders.contains(other) ? "a file and a folder" : "two files");
        }
        if (PathIdentity.real(other.path()).startsWith(PathIdentity.real(file.path()))) {
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
  public static void require(RunFile run) {
    Path folder = run.resolve(run.config().checkpoint().dir());
    run.config().data().stream()
        .flatMap(d -> Stream.of(d.path(), d.heldOutPath()).flatMap(Optional::stream))
        .map(run::resolve)
        .filter(Files::isDirectory)
        .filter(pictures -> PathIdentity.real(folder).startsWith(PathIdentity.real(pictures)))
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

  /** The inputs that a run file names; none for other files. */
  private static List<NamedPath> ofRun(NamedPath input) {
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
    List<NamedPath> all = new ArrayList<>();
    named.forEach((k, p) -> all.add(new NamedPath("`" + k + "` of " + name, run.resolve(p))));
    return all;
  }

  private static void checkFile(NamedPath output, List<NamedPath> inputs) {
    Path path = output.path();
    if (Files.isDirectory(path)) {
      throw refused(output, "it is a folder", "a file");
    }
    boolean exists = Files.exists(path);
    for (NamedPath input : inputs) {
      if (isPicture(path) && isInDataFolder(path, input.path())) {
        String why = exists ? "it is" : "it would become";
        throw refused(output, why + " one of the pictures of " + input.by(), "another file");
      }
    }
    if (!exists) {
      return;
    }
    for (NamedPath input : inputs) {
      if (PathIdentity.same(path, input.path())) {
        throw refused(output, "it is also " + input.by() + ", which is read", "another file");
      }
    }
    String name = PathIdentity.real(path).getFileName().toString();
    if (SOURCE.matcher(name).matches()) {
      throw refused(output, "it is a source file or weights", "a file that may be replaced");
    }
    if (RunFolder.isOfRun(PathIdentity.real(path))) {
      throw refused(output, "it is a file of a run", "another file");
    }
  }

  private static boolean isPicture(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return ImageReader.EXTENSIONS.contains(name.substring(name.lastIndexOf('.') + 1));
  }

  /** Returns true if it lies in a folder that is read, and is not a run's. */
  private static boolean isInDataFolder(Path file, Path folder) {
    return Files.isDirectory(folder)
        && !new RunFolder(folder).isRun()
        && PathIdentity.real(file).startsWith(PathIdentity.real(folder));
  }

  private static BadInputException refused(NamedPath output, String why, String expected) {
    return new BadInputException(
        output.by() + " " + output.path() + ": " + why,
        expected,
        "nothing was changed; name another output");
  }

  private static boolean isSpecial(Path path) {
    return Files.exists(path) && !Files.isRegularFile(path) && !Files.isDirectory(path);
  }
}
