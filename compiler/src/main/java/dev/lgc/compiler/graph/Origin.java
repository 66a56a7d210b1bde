package dev.lgc.compiler.graph;

import dev.lgc.dsl.model.SourcePlace;

/**
 * The place and the derivation that a node comes from: rides down to kernels, memory plans and NaN
 * reports.
 *
 * @param where the {@code .arch} expression
 * @param module the sub-block instance, e.g. {@code layers.0.attention}
 * @param derivation the derivation that made it: empty for the forward computation, else {@code
 *     grad}, {@code adamw}, {@code sample}, …
 */
public record Origin(SourcePlace where, String module, String derivation) {
  public static final Origin NONE = new Origin(SourcePlace.NONE, "", "");
}
