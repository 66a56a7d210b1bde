package dev.lgc.compiler.plan.artifact;

import dev.lgc.dsl.model.Outline;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A compiled model.
 *
 * @param fingerprint of the checked model: equal ones mean interchangeable weights
 * @param outline what is to be known of the model to run it, for the batch that the plans are for
 * @param arguments what was asked for, by name: for whoever compiled it
 * @param sources the {@code .arch} files by name
 * @param plans what to run, one plan for each purpose
 * @param tokenizer the content of another file, of the tokenizer that the model names, if any
 * @param code what emitters made of the kernels, by {@code TARGET/NAME}
 */
public record Artifact(
    String fingerprint,
    Outline outline,
    Map<String, String> arguments,
    SortedMap<String, String> sources,
    List<CompiledPlan> plans,
    Optional<byte[]> tokenizer,
    SortedMap<String, byte[]> code) {
  /** The version of the format that this lgc writes, and the newest that it reads. */
  public static final int VERSION = 8;

  /** The oldest version that is read: its calls are all of kernels and do not say so. */
  static final int OLDEST = 7;

  public Artifact {
    arguments = Collections.unmodifiableMap(new LinkedHashMap<>(arguments));
    sources = Collections.unmodifiableSortedMap(new TreeMap<>(sources));
    plans = List.copyOf(plans);
    code = Collections.unmodifiableSortedMap(new TreeMap<>(code));
  }
}
