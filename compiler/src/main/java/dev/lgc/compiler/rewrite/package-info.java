/**
 * Graph to graph: simplification rules, tables computed at compile time, the derivation of cached
 * decoding and of guidance, the decomposition of composites, and what a training step computes
 * again ({@link dev.lgc.compiler.rewrite.Rematerialize}, always last). Each pass is one pure
 * function; each rule is one file. What is stored in another way than declared, {@link
 * dev.lgc.compiler.rewrite.storage} says.
 */
package dev.lgc.compiler.rewrite;
