package dev.lgc.runtime.sample;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lgc.compiler.rewrite.storage.WeightType;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.FileSum;
import dev.lgc.runtime.model.PlannedModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The settings that samples depend on, kept with them, so that an interrupted run goes on with the
 * same samples only.
 *
 * @param settings by name: the model, its weights, what is drawn and how. Samples of equal settings
 *     and equal numbers are the same.
 * @param computed by name: where and in what batches they were computed, which changes a sample
 *     only where kernels round in another way
 */
public record SamplingRecord(Map<String, String> settings, Map<String, String> computed) {
  private static final String TOKENIZER = "tokenizer";
  private static final String RANKS = "ranks";
  private static final String FORMAT = "lgc-sampling-1";
  private static final int LONGEST = 60;
  private static final int BEFORE_DIFFERENCE = 10;

  public SamplingRecord {
    settings = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(settings));
    computed = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(computed));
  }

  /**
   * The record of all that samples depend on.
   *
   * @param generator draws their codes
   * @param type in which its matrices are stored
   * @param tokenizer decodes them; null for codes alone
   * @param conditions one for each sample
   */
  static SamplingRecord of(
      PlannedModel generator,
      WeightType type,
      PlannedModel tokenizer,
      Conditions conditions,
      SampleSettings settings,
      Device device) {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("generator", weights(generator));
    all.put("weights-of", generator.weights().keyword());
    all.put("weights-type", type.keyword());
    if (tokenizer != null) {
      all.put(TOKENIZER, weights(tokenizer));
    }
    switch (conditions instanceof Conditions.Cycle c ? c.of() : conditions) {
      case Conditions.Classes c ->
          all.put(
              "class",
              Arrays.stream(c.labels()).mapToObj(String::valueOf).collect(Collectors.joining(",")));
      case Conditions.Captions c -> all.put("text-features", FileSum.of(c.features().path()));
      case Conditions.Cycle c -> throw new IllegalStateException("a cycle of " + c.of());
    }
    all.put("cfg", String.valueOf(settings.guidance()));
    all.put("cfg-interval", String.valueOf(settings.guidanceInterval()));
    all.put("temperature", String.valueOf(settings.temperature()));
    all.put("top-k", String.valueOf(settings.topK()));
    all.put("top-p", String.valueOf(settings.topP()));
    all.put("seed", String.valueOf(settings.seed()));
    return new SamplingRecord(
        all, Map.of("batch", String.valueOf(generator.batch()), "device", device.name()));
  }

  private static String weights(PlannedModel planned) {
    return planned.about().fingerprint() + " " + FileSum.of(planned.file());
  }

  /** The same, computed by several ranks together; a record of one says nothing of them. */
  SamplingRecord on(int ranks) {
    if (ranks == 1) {
      return this;
    }
    Map<String, String> all = new LinkedHashMap<>(computed);
    all.put(RANKS, String.valueOf(ranks));
    return new SamplingRecord(settings, all);
  }

  /** The same for codes alone, which do not depend on the tokenizer. */
  SamplingRecord withoutTokenizer() {
    Map<String, String> rest = new LinkedHashMap<>(settings);
    rest.remove(TOKENIZER);
    return new SamplingRecord(rest, computed);
  }

  /** As one line of JSON. */
  String toJson() {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode all = mapper.createObjectNode();
    all.put("format", FORMAT);
    settings.forEach(all.putObject("settings")::put);
    computed.forEach(all.putObject("computed")::put);
    return all.toString();
  }

  /** Reads {@link #toJson}; empty if it is something else. */
  static Optional<SamplingRecord> parse(String json) {
    try {
      JsonNode all = new ObjectMapper().readTree(json);
      return all != null && FORMAT.equals(all.path("format").asText())
          ? Optional.of(
              new SamplingRecord(texts(all.path("settings")), texts(all.path("computed"))))
          : Optional.empty();
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  private static Map<String, String> texts(JsonNode object) {
    Map<String, String> all = new LinkedHashMap<>();
    object.fields().forEachRemaining(f -> all.put(f.getKey(), f.getValue().asText()));
    return all;
  }

  /**
   * Refuses to go on with other settings than {@code earlier}, naming those that differ.
   *
   * @param where the earlier samples are
   * @param hint what to do about it
   */
  void requireSame(SamplingRecord earlier, Path where, String hint) {
    List<String> then = new ArrayList<>();
    List<String> now = new ArrayList<>();
    Map<String, String> names = new LinkedHashMap<>(settings);
    names.putAll(earlier.settings);
    for (String name : names.keySet()) {
      String before = earlier.settings.get(name);
      String asked = settings.get(name);
      if (!Objects.equals(before, asked)) {
        then.add(shown(name, before, asked));
        now.add(shown(name, asked, before));
      }
    }
    if (!then.isEmpty()) {
      throw BadInputException.in(
          where,
          "its samples were drawn with " + String.join(", ", then),
          String.join(", ", now) + ", as this command asks for",
          hint);
    }
  }

  /** A setting; of a long value the part where it begins to differ from {@code other}. */
  private static String shown(String name, String value, String other) {
    if (value == null) {
      return "no " + name;
    }
    if (value.length() <= LONGEST) {
      return name + " " + value;
    }
    int differs = other == null ? 0 : Math.max(0, Arrays.mismatch(chars(value), chars(other)));
    int begin = Math.clamp(differs - BEFORE_DIFFERENCE, 0, value.length() - LONGEST + 2);
    int end = Math.min(value.length(), begin + LONGEST - 2);
    return name
        + " "
        + (begin == 0 ? "" : "…")
        + value.substring(begin, end)
        + (end == value.length() ? "" : "…");
  }

  private String howComputed(String name) {
    return computed.getOrDefault(name, name.equals(RANKS) ? "1" : "unknown");
  }

  private static char[] chars(String text) {
    return text.toCharArray();
  }

  /** Says where these were computed otherwise than {@code earlier}; empty if alike. */
  Optional<String> computedOtherwise(SamplingRecord earlier) {
    if (computed.equals(earlier.computed)) {
      return Optional.empty();
    }
    List<String> differing = new ArrayList<>();
    Map<String, String> names = new LinkedHashMap<>(computed);
    earlier.computed.forEach(names::putIfAbsent);
    for (String name : names.keySet()) {
      String then = earlier.howComputed(name);
      String now = howComputed(name);
      if (!now.equals(then)) {
        differing.add(name + " " + then + ", now " + now);
      }
    }
    return Optional.of(String.join("; ", differing));
  }
}
