package dev.lgc.dsl.model;

import dev.lgc.dsl.type.TensorType;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The interface of a compiled model: the inputs and outputs of its entries, without the calls that
 * compute them. Whoever runs the model needs no more.
 *
 * @param name see {@link CheckedModel}, as for the others
 * @param arguments static parameters, rendered
 * @param facts static values that others rely on
 * @param entries functions, objectives, generators
 * @param tokenizer the tokenizer model that a generator is typed by
 */
public record Outline(
    String name,
    Map<String, String> arguments,
    Map<String, Object> facts,
    List<Signature> entries,
    Optional<CheckedModel.TokenizerFacts> tokenizer) {
  public Outline {
    arguments = Collections.unmodifiableMap(new LinkedHashMap<>(arguments));
    facts = Collections.unmodifiableMap(new LinkedHashMap<>(facts));
    entries = List.copyOf(entries);
  }

  /**
   * An entry from outside.
   *
   * @param name see {@link Entry}, as for the others
   * @param kind what is derived from it
   * @param inputs in order
   * @param outputs types of its results by name
   * @param generated GENERATE: how many codes a sample has; otherwise 0
   * @param where its declaration
   */
  public record Signature(
      String name,
      Entry.Kind kind,
      List<Definition.Input> inputs,
      Map<String, TensorType> outputs,
      int generated,
      SourcePlace where) {
    public Signature {
      inputs = List.copyOf(inputs);
      outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
    }

    static Signature of(Entry e) {
      Map<String, TensorType> outputs = new LinkedHashMap<>();
      e.outputs().forEach((name, value) -> outputs.put(name, e.values().get(value).type()));
      return new Signature(e.name(), e.kind(), e.inputs(), outputs, e.generated(), e.where());
    }
  }

  /** The interface of a model: its entries without their calls. */
  public static Outline of(CheckedModel m) {
    List<Signature> entries = m.entries().stream().map(Signature::of).toList();
    return new Outline(m.name(), m.arguments(), m.facts(), entries, m.tokenizer());
  }

  /** The entry of that name, if any. */
  public Optional<Signature> entry(String entryName) {
    return entries.stream().filter(e -> e.name().equals(entryName)).findFirst();
  }

  /** The entries of a kind. */
  public List<Signature> entries(Entry.Kind kind) {
    return entries.stream().filter(e -> e.kind() == kind).toList();
  }
}
