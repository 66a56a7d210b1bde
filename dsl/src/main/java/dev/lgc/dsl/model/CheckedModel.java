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
 * @param blocks the sub-blocks, in the order they are made
 */
public record CheckedModel(
    String name,
    Map<String, String> arguments,
    Map<String, Object> facts,
    Map<String, Integer> dimensions,
    List<Storage> storage,
    List<Entry> entries,
    Optional<TokenizerFacts> tokenizer,
    List<SubBlock> blocks) {
  public CheckedModel {
    blocks = List.copyOf(blocks);
    storage = List.copyOf(storage);
    entries = List.copyOf(entries);
  }

  /**
   * The tokenizer of a generator, as far as the generator's model needs it.
   *
   * @param model the tokenizer's model name, to be elaborated by its user
   * @param arguments the tokenizer's static arguments, as {@code -p} would give them
   * @param facts the tokenizer's static values ({@code codes}, {@code downsample}, …)
   */
  public record TokenizerFacts(
      String model, Map<String, String> arguments, Map<String, Object> facts) {}

  /**
   * A block within the model.
   *
   * @param path where it is, e.g. {@code layers.0.attention}
   * @param block its name as declared
   * @param arguments what its parameters are, rendered, in declaration order; initial values of
   *     stored tensors left out
   */
  public record SubBlock(String path, String block, Map<String, String> arguments) {}

  /** The entry of that name, if any. */
  public Optional<Entry> entry(String entryName) {
    return entries.stream().filter(e -> e.name().equals(entryName)).findFirst();
  }

  public List<Entry> entries(Entry.Kind kind) {
    return entries.stream().filter(e -> e.kind() == kind).toList();
  }

  /** Number of trained values. */
  public long parameterCount() {
    return Storage.withRole(storage, Storage.Role.PARAMETER).stream()
        .mapToLong(s -> s.type().shape().elements())
        .sum();
  }
}
