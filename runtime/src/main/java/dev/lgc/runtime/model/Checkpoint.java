package dev.lgc.runtime.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Fingerprint;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.SafetensorsFile;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The facts of a checkpoint, which its safetensors metadata hold.
 *
 * @param model which model it is of
 * @param sources the text it was made of
 * @param fingerprint {@link Fingerprint#of}: equal ones mean interchangeable weights
 * @param step optimizer steps done
 * @param position samples seen
 * @param seed of the run
 * @param settings the run's settings that shape its numbers, for telling what a resumed run changed
 * @param facts what else to remember, such as the tokenizer of the codes it was trained on
 */
public record Checkpoint(
    ModelChoice model,
    ArchSources sources,
    String fingerprint,
    long step,
    long position,
    long seed,
    Map<String, String> settings,
    Map<String, String> facts) {
  private static final String FORMAT = "lgc-checkpoint-1";
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final TypeReference<LinkedHashMap<String, String>> TEXTS =
      new TypeReference<>() {};

  /**
   * Stands in for what weights from elsewhere do not say: they are of {@code model} in {@code
   * sources}.
   */
  public static Checkpoint elsewhere(ModelChoice model, ArchSources sources) {
    return elsewhere(model, sources, Models.check(sources, model, 1));
  }

  /**
   * The same of a model that is checked already.
   *
   * @param checked the model, for any batch
   */
  public static Checkpoint elsewhere(ModelChoice model, ArchSources sources, CheckedModel checked) {
    return new Checkpoint(model, sources, Fingerprint.of(checked), 0, 0, 0, Map.of(), Map.of());
  }

  /** The same model with what a checkpoint of its weights says of how they were trained. */
  public Checkpoint trainedAs(Checkpoint weights) {
    return new Checkpoint(
        model,
        sources,
        fingerprint,
        weights.step,
        weights.position,
        weights.seed,
        weights.settings,
        weights.facts);
  }

  /** The model, for batches of {@code batch}. */
  public CheckedModel check(int batch) {
    return Models.check(sources, model, batch);
  }

  /** As metadata. */
  public Map<String, String> metadata() {
    Map<String, String> m = new LinkedHashMap<>();
    m.put("format", FORMAT);
    m.put("arch", model.arch());
    m.put("model", model.name());
    m.put("parameters", json(model.parameters()));
    m.put("main", sources.main());
    m.put("sources", json(sources.texts()));
    m.put("fingerprint", fingerprint);
    m.put("step", String.valueOf(step));
    m.put("position", String.valueOf(position));
    m.put("seed", String.valueOf(seed));
    m.put("settings", json(settings));
    m.put("facts", json(facts));
    return m;
  }

  /** Returns true if {@code file} has such facts, and is not weights alone. */
  static boolean isIn(SafetensorsFile file) {
    return FORMAT.equals(file.metadata().get("format"));
  }

  /** The facts of {@code file}. */
  public static Checkpoint of(SafetensorsFile file) {
    Map<String, String> m = file.metadata();
    if (!isIn(file)) {
      throw BadInputException.in(
          file.path(),
          "weights that do not name their model",
          "a checkpoint that `lgc train` wrote",
          "name the model too, as in `lgc sample F.arch -m MODEL --weights " + file.path() + "`");
    }
    try {
      return new Checkpoint(
          new ModelChoice(m.get("arch"), m.get("model"), texts(m.get("parameters"))),
          new ArchSources(m.get("main"), texts(m.get("sources"))),
          m.getOrDefault("fingerprint", ""),
          Long.parseLong(m.get("step")),
          Long.parseLong(m.get("position")),
          Long.parseLong(m.get("seed")),
          texts(m.get("settings")),
          texts(m.get("facts")));
    } catch (JsonProcessingException | RuntimeException e) {
      throw new BadInputException(
          file.path() + ": damaged metadata", "what lgc writes", "use an older checkpoint", e);
    }
  }

  /** The facts of the file {@code path}; empty if it is weights alone. */
  public static Optional<Checkpoint> find(Path path) {
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      return in(file);
    }
  }

  /** The facts of {@code file}; empty if it is weights alone. */
  public static Optional<Checkpoint> in(SafetensorsFile file) {
    return isIn(file) ? Optional.of(of(file)) : Optional.empty();
  }

  /** Reads only what {@code path} says about itself. */
  public static Checkpoint read(Path path) {
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      return of(file);
    }
  }

  private static String json(Map<String, String> texts) {
    try {
      return JSON.writeValueAsString(texts);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Map<String, String> texts(String json) throws JsonProcessingException {
    return json == null ? Map.of() : JSON.readValue(json, TEXTS);
  }
}
