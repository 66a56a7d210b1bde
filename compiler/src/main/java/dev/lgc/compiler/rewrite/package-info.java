/**
 * Graph to graph: simplification rules, tables computed at compile time, the derivation of cached
 * decoding and of guidance, weights in fewer bits, and the decomposition of composites. Each pass
 * is one pure function; each rule is one file.
 */
package dev.lgc.compiler.rewrite;
