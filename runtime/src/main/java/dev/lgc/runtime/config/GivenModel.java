package dev.lgc.runtime.config;

import dev.lgc.dsl.source.Source;
import dev.lgc.dsl.source.Span;
import dev.lgc.dsl.text.Text;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A model that a command line names for a run. It takes the place of {@code model} and {@code
 * artifact} in the run file, all of it: parameters of a model that the run file names do not pass
 * to another.
 *
 * @param file an {@code .arch} file, a module of the library or a {@code .lgc}, as written
 * @param name the model in it; empty if the file has only one, and for a {@code .lgc}
 * @param parameters values of its parameters; none for a {@code .lgc}
 */
public record GivenModel(String file, String name, Map<String, String> parameters) {
  private static final String MODEL = "model";
  private static final String ARTIFACT = "artifact";

  public GivenModel {
    parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
  }

  private boolean isCompiled() {
    return file.endsWith(".lgc");
  }

  private boolean isPath() {
    return isCompiled() || file.endsWith(".arch") || file.contains("/") || file.contains("\\");
  }

  /** The settings of a run file, with this model instead of the one they name. */
  Node.Mapping in(Node.Mapping settings) {
    Source line = Source.of("the command line", toString());
    Span span = Span.startOf(line);
    // Relative paths of a run file are relative to its folder, those of a command line are not.
    String path = isPath() ? Path.of(file).toAbsolutePath().normalize().toString() : file;
    Node.Scalar first = new Node.Scalar(span, path, true);
    List<Node.Field> fields = new ArrayList<>();
    if (isCompiled()) {
      fields.add(new Node.Field(ARTIFACT, span, first));
    } else {
      List<Node.Field> given = new ArrayList<>();
      parameters.forEach(
          (k, v) -> given.add(new Node.Field(k, span, new Node.Scalar(span, v, true))));
      fields.add(
          new Node.Field(
              MODEL,
              span,
              new Node.Mapping(
                  span,
                  List.of(
                      new Node.Field("arch", span, first),
                      new Node.Field("name", span, new Node.Scalar(span, name, true)),
                      new Node.Field("parameters", span, new Node.Mapping(span, given))))));
    }
    settings.fields().stream().filter(f -> !isModel(f)).forEach(fields::add);
    return new Node.Mapping(settings.span(), fields);
  }

  private static boolean isModel(Node.Field f) {
    return f.key().equals(MODEL) || f.key().equals(ARTIFACT);
  }

  /**
   * A line that says which settings of the run file are not used, if it names another model than
   * this one.
   */
  Optional<String> note(Node.Mapping settings, Path folder) {
    return settings.fields().stream()
        .filter(f -> isModel(f) && !isSame(f, folder))
        .findFirst()
        .map(
            f ->
                Text.format(
                    "`%s` in line %d of %s is not used: the command line names %s",
                    f.key(), f.keySpan().line(), f.keySpan().source().name(), this));
  }

  private boolean isSame(Node.Field f, Path folder) {
    if (f.key().equals(ARTIFACT)) {
      return isCompiled() && isSameFile(f.value().flow(), folder);
    }
    Map<String, String> model = flows(f.value());
    Map<String, String> given = new LinkedHashMap<>();
    if (f.value() instanceof Node.Mapping m) {
      m.fields().stream()
          .filter(p -> p.key().equals("parameters"))
          .forEach(p -> given.putAll(flows(p.value())));
    }
    return !isCompiled()
        && isSameFile(model.getOrDefault("arch", ""), folder)
        && (name.isEmpty() || name.equals(model.get("name")))
        && parameters.equals(given);
  }

  private boolean isSameFile(String written, Path folder) {
    return written.equals(file)
        || isPath()
            && folder
                .resolve(written)
                .normalize()
                .equals(Path.of(file).toAbsolutePath().normalize());
  }

  private static Map<String, String> flows(Node node) {
    Map<String, String> all = new LinkedHashMap<>();
    if (node instanceof Node.Mapping m) {
      m.fields().forEach(f -> all.put(f.key(), f.value().flow()));
    }
    return all;
  }

  /** As on a command line. */
  @Override
  public String toString() {
    return String.join(
        " ",
        Stream.of(
                Stream.of(file),
                name.isEmpty() ? Stream.<String>of() : Stream.of("-m", name),
                parameters.entrySet().stream().map(e -> "-p " + e.getKey() + "=" + e.getValue()))
            .flatMap(s -> s)
            .toList());
  }
}
