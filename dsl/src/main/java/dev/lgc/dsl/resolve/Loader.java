package dev.lgc.dsl.resolve;

import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.Outcome;
import dev.lgc.dsl.source.Source;
import dev.lgc.dsl.source.Span;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Finds the files that imports name: beside the importing file first, then among the library
 * modules on the class path under {@code lgc/lib/}.
 */
public final class Loader {
  private static final String LIBRARY = "lgc/lib/";

  private final Map<String, String> texts;
  private final boolean files;

  private Loader(Map<String, String> texts, boolean files) {
    this.texts = Map.copyOf(texts);
    this.files = files;
  }

  /** The file system and the library. */
  public static Loader standard() {
    return new Loader(Map.of(), true);
  }

  /**
   * Given texts by name, then the library, and no files: what was kept means the same wherever it
   * is loaded. A text named {@code lgc/lib/…} stands in place of that library module.
   */
  public static Loader of(Map<String, String> texts) {
    return new Loader(texts, false);
  }

  /** Opens a file that a user named, or a library module such as {@code llamagen}. */
  public Outcome<Source> open(String name) {
    if (!texts.containsKey(name) && !isFile(name)) {
      String module = name.endsWith(".arch") ? name : name + ".arch";
      Optional<Outcome<Source>> library = library(module, Span.NONE);
      if (library.isPresent()) {
        return library.get();
      }
    }
    return find(name, Span.NONE)
        .orElseGet(
            () ->
                Outcome.failed(
                    List.of(
                        Diagnostic.of(
                            Code.FILE_NOT_FOUND,
                            Span.NONE,
                            "there is neither a file nor a library module `" + name + "`"))));
  }

  /** Opens the file that an import names: beside the importing file, or of the library. */
  Outcome<Source> imported(String path, Source from, Span at) {
    String beside = sibling(from.name(), path);
    return find(beside, at)
        .or(() -> library(path, at))
        .orElseGet(
            () ->
                Outcome.failed(
                    List.of(
                        Diagnostic.of(Code.FILE_NOT_FOUND, at, "there is no file `" + path + "`")
                            .withExpected("a file beside this one, or a library module"))));
  }

  private static String sibling(String file, String path) {
    int slash = file.lastIndexOf('/');
    return slash < 0 ? path : file.substring(0, slash + 1) + path;
  }

  private boolean isFile(String name) {
    try {
      return files && Files.isRegularFile(Path.of(name));
    } catch (InvalidPathException e) {
      return false;
    }
  }

  private Optional<Outcome<Source>> find(String name, Span at) {
    if (texts.containsKey(name)) {
      return Optional.of(Outcome.ok(Source.of(name, texts.get(name))));
    }
    if (name.startsWith(LIBRARY)) {
      return library(name.substring(LIBRARY.length()), at);
    }
    if (!isFile(name)) {
      return Optional.empty();
    }
    try {
      return Optional.of(decode(name, Files.readAllBytes(Path.of(name)), at));
    } catch (IOException e) {
      return Optional.of(
          Outcome.failed(
              List.of(Diagnostic.of(Code.FILE_NOT_FOUND, at, "`" + name + "` cannot be read"))));
    }
  }

  private Optional<Outcome<Source>> library(String path, Span at) {
    if (texts.containsKey(LIBRARY + path)) {
      return Optional.of(Outcome.ok(Source.of(LIBRARY + path, texts.get(LIBRARY + path))));
    }
    if (path.contains("..") || path.startsWith("/")) {
      return Optional.empty();
    }
    ClassLoader context = Thread.currentThread().getContextClassLoader();
    ClassLoader loader = context != null ? context : Loader.class.getClassLoader();
    try (InputStream in = loader.getResourceAsStream(LIBRARY + path)) {
      return in == null
          ? Optional.empty()
          : Optional.of(decode(LIBRARY + path, in.readAllBytes(), at));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static Outcome<Source> decode(String name, byte[] bytes, Span at) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return Outcome.ok(Source.of(name, text));
    } catch (CharacterCodingException e) {
      Span place = at.isNowhere() ? Span.startOf(Source.of(name, "")) : at;
      return Outcome.failed(
          List.of(
              Diagnostic.of(Code.NOT_UTF8, place, "`" + name + "` is not UTF-8 text")
                  .withHint("save it as UTF-8")));
    }
  }
}
