package dev.lgc.dsl.model;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A model whose static parameters and dimensions all have values and whose every shape fits: the
 * result of the language front end and the only thing the compiler reads.
 *
 * @param name the declared model (or variant) name
 * @param arguments static parameters as given or defaulted, rendered, in declaration order
 * @param facts static values the model declares that others rely on ({@code codes}, {@code
 *     downsample}, {@code grid}, …): ints, floats, bools, strings
 * @param dimensions the values bound to free dimension names such as {@code b}
 * @param storage parameters and buffers in declaration order
 * @param entries functions, objectives (in declaration order: the order they run in a step),
 *     generators
 * @param tokenizer the tokenizer model a generator is typed by, elaborated storage-free facts only
 * @param fingerprint hex SHA-256 of name, arguments, storage paths and types and entry bodies;
 *     equal fingerprints mean interchangeable weights
 */
public record CheckedModel(
    String name,
    Map<String, String> arguments,
    Map<String, Object> facts,
    Map<String, Integer> dimensions,
    List<Storage> storage,
    List<Entry> entries,
    Optional<TokenizerFacts> tokenizer,
    String fingerprint) {
  public CheckedModel {
    storage = List.copyOf(storage);
    entries = List.copyOf(entries);
  }

  /**
   * What a generator knows of its tokenizer.
   *
   * @param model the tokenizer's model name, to be elaborated by its user
   * @param arguments the tokenizer's static arguments, as {@code -p} would give them
   * @param facts the tokenizer's static values ({@code codes}, {@code downsample}, …)
   */
  public record TokenizerFacts(
      String model, Map<String, String> arguments, Map<String, Object> facts) {}

  /** The entry of that name, if any. */
  public Optional<Entry> entry(String entryName) {
    return entries.stream().filter(e -> e.name().equals(entryName)).findFirst();
  }

  public List<Entry> entries(Entry.Kind kind) {
    return entries.stream().filter(e -> e.kind() == kind).toList();
  }

  /** This model under another fingerprint. */
  public CheckedModel withFingerprint(String other) {
    return new CheckedModel(name, arguments, facts, dimensions, storage, entries, tokenizer, other);
  }

  /** Number of trained values. */
  public long parameterCount() {
    return Storage.withRole(storage, Storage.Role.PARAMETER).stream()
        .mapToLong(s -> s.type().shape().elements())
        .sum();
  }
}
