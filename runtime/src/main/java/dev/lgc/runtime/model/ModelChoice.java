package dev.lgc.runtime.model;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The model that a user means.
 *
 * @param arch an {@code .arch} file, or the name of a library module
 * @param name the model in it
 * @param parameters values of its parameters, as {@code -p} gives them
 */
public record ModelChoice(String arch, String name, Map<String, String> parameters) {
  public ModelChoice {
    parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
  }

  /** Returns true if {@link #arch} is a file and not a module of the library. */
  public boolean isFile() {
    return isFile(arch);
  }

  /** Returns true if {@code arch} names a file: library modules are plain words. */
  public static boolean isFile(String arch) {
    return arch.endsWith(".arch") || arch.contains("/") || arch.contains("\\");
  }

  /** The same with a file's path made absolute, relative to {@code folder}. */
  public ModelChoice in(Path folder) {
    return isFile()
        ? new ModelChoice(folder.resolve(arch).normalize().toString(), name, parameters)
        : this;
  }

  /**
   * The same with other values of some parameters.
   *
   * @param model another name; empty for the same
   */
  public ModelChoice with(String model, Map<String, String> changed) {
    Map<String, String> all = new LinkedHashMap<>(parameters);
    all.putAll(changed);
    return new ModelChoice(arch, model.isEmpty() ? name : model, all);
  }

  @Override
  public String toString() {
    String given =
        parameters.entrySet().stream()
            .map(e -> e.getKey() + "=" + e.getValue())
            .collect(Collectors.joining(", "));
    return name + (given.isEmpty() ? "" : "(" + given + ")") + " of " + arch;
  }
}
