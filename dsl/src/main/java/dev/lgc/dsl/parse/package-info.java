/**
 * Text to syntax tree.
 *
 * <p>{@code Arch.g4} describes the language; ANTLR's tree is turned into {@link dev.lgc.dsl.ast} by
 * {@link dev.lgc.dsl.parse.Parser} and never leaves this package, but for the formatter, which
 * needs the comments. A text is first parsed the fast way (SLL, giving up at the first error) and
 * only a wrong one again the thorough way, for its messages. What ANTLR says it expected is put
 * into words that a person would use, and only the first error of each top-level item is kept: the
 * ones after it are guesses.
 */
package dev.lgc.dsl.parse;
