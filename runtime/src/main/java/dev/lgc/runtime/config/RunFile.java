package dev.lgc.runtime.config;

import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.Diagnostics;
import dev.lgc.dsl.diagnostic.Outcome;
import dev.lgc.dsl.source.Source;
import dev.lgc.dsl.source.Span;
import dev.lgc.runtime.io.BadInputException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A run file that was read and found sound.
 *
 * @param source its text
 * @param folder what relative paths in it are relative to
 * @param config its settings, paths as written
 * @param places where each given setting stands, by dotted key
 * @param note what of the file is not used, because a command line says otherwise; mostly empty
 */
public record RunFile(
    Source source, Path folder, RunConfig config, Map<String, Span> places, Optional<String> note) {

  /** Returns true if a name is that of a run file. */
  public static boolean isNamed(String name) {
    return name.endsWith(".yaml") || name.endsWith(".yml");
  }

  /** Reads the run file at {@code path}. */
  public static Outcome<RunFile> read(Path path) {
    return read(path, Optional.empty());
  }

  /**
   * Reads the run file at {@code path}.
   *
   * @param model what it trains, instead of what the file says
   */
  public static Outcome<RunFile> read(Path path, Optional<GivenModel> model) {
    String name = path.toString();
    try {
      String text = Files.readString(path);
      Path parent = path.toAbsolutePath().getParent();
      return parse(
          Source.of(name, text.startsWith("\uFEFF") ? text.substring(1) : text), parent, model);
    } catch (NoSuchFileException e) {
      return unreadable(name, "there is no such file", "check the path");
    } catch (CharacterCodingException e) {
      return unreadable(name, "the file is not text in UTF-8", "is it a run file?");
    } catch (IOException e) {
      return unreadable(name, "the file cannot be read: " + e.getMessage(), "");
    }
  }

  private static Outcome<RunFile> unreadable(String name, String why, String hint) {
    Span whole = Span.startOf(Source.of(name, ""));
    return Outcome.failed(List.of(Diagnostic.of(Code.FILE_NOT_FOUND, whole, why).withHint(hint)));
  }

  /** Reads a run file's text. */
  public static Outcome<RunFile> parse(Source source, Path folder) {
    return parse(source, folder, Optional.empty());
  }

  /**
   * Reads a run file's text.
   *
   * @param model what it trains, instead of what the text says
   */
  public static Outcome<RunFile> parse(Source source, Path folder, Optional<GivenModel> model) {
    Diagnostics problems = new Diagnostics();
    Outcome<Node> node = YamlReader.read(source);
    if (!node.isOk()) {
      return Outcome.failed(node.diagnostics());
    }
    Binder binder = new Binder(problems);
    Node settings = node.get();
    Optional<String> note = Optional.empty();
    if (model.isPresent() && settings instanceof Node.Mapping m) {
      note = model.get().note(m, folder);
      settings = model.get().in(m);
    }
    RunConfig config = binder.bind(settings, RunConfig.class);
    if (config != null) {
      new RunChecks(source, binder.places(), problems).check(config);
    }
    return problems.isEmpty()
        ? Outcome.ok(new RunFile(source, folder, config, binder.places(), note))
        : Outcome.failed(problems.all());
  }

  /** A path as the run file means it. */
  public Path resolve(Path path) {
    return folder.resolve(path).normalize();
  }

  /**
   * Does what a setting asks for, such as opening a file, so that a mistake is shown at that
   * setting.
   *
   * @throws UserError naming the key and its line, instead of a {@link BadInputException}
   */
  public <T> T at(String key, Supplier<T> opened) {
    try {
      return opened.get();
    } catch (BadInputException e) {
      throw UserError.setting(place(key), "`" + key + "`: " + e.what(), "", e.expected(), e.hint());
    }
  }

  /**
   * Runs a validator of a setting, so that what it finds is shown at that setting.
   *
   * @param validator throws a {@link BadInputException} if the setting's value will not do
   * @throws UserError naming the key and its line
   */
  public void validate(String key, Runnable validator) {
    at(
        key,
        () -> {
          validator.run();
          return key;
        });
  }

  /**
   * The place of the setting {@code key}; if it was left out, that of the section that it would be
   * in, or the start of the file.
   */
  public Span place(String key) {
    for (String at = key; ; at = at.substring(0, at.lastIndexOf('.'))) {
      if (places.containsKey(at) || at.indexOf('.') < 0) {
        return places.getOrDefault(at, Span.startOf(source));
      }
    }
  }
}
