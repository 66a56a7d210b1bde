package dev.lgc.compiler.plan.artifact;

import dev.lgc.compiler.plan.ExecutionPlan;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A compiled model.
 *
 * @param fingerprint of the checked model: equal ones mean interchangeable weights
 * @param arguments the static arguments it was compiled with, rendered, in declaration order
 * @param sources the {@code .arch} files by name
 * @param plan what to run; it knows the model's name
 * @param code what emitters made of the kernels, by {@code TARGET/NAME}
 */
public record Artifact(
    String fingerprint,
    Map<String, String> arguments,
    SortedMap<String, String> sources,
    ExecutionPlan plan,
    SortedMap<String, byte[]> code) {
  /** What this version of lgc writes and reads. */
  public static final int VERSION = 4;

  public Artifact {
    arguments = Collections.unmodifiableMap(new LinkedHashMap<>(arguments));
    sources = Collections.unmodifiableSortedMap(new TreeMap<>(sources));
    code = Collections.unmodifiableSortedMap(new TreeMap<>(code));
  }
}
