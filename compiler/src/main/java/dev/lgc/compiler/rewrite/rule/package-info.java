/**
 * Simplification of a graph by rules, each in a file of its own with its before and after.
 *
 * <p>A graph is built anew, node by node, in its order. Each {@link
 * dev.lgc.compiler.rewrite.rule.Simplifier.Rule} is asked, in the order of {@link
 * dev.lgc.compiler.rewrite.rule.Rules}, whether it has something simpler for the node, of which the
 * operands are in simplest form already. The first that has replaces it; what it adds goes through
 * all rules in turn. So one walk is enough, and every rule has to make a graph smaller or cheaper,
 * since otherwise two of them could go round in circles. {@link
 * dev.lgc.compiler.rewrite.rule.Simplifier} refuses a replacement of another shape or dtype.
 *
 * <p>To add a rule: a record that implements {@code Simplifier.Rule}, a line in {@code Rules}, and
 * a test with the graph before and after; the test's base class computes both on random numbers.
 */
package dev.lgc.compiler.rewrite.rule;
