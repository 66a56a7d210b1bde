/**
 * Texts and pieces of them.
 *
 * <p>A {@link dev.lgc.dsl.source.Source} is a text with a name; it knows its lines. A {@link
 * dev.lgc.dsl.source.Span} is a piece of one. Every node of the syntax tree and every diagnostic
 * has a span; what rides on into compiled models is only its {@link dev.lgc.dsl.model.SourcePlace}:
 * file, line and column.
 */
package dev.lgc.dsl.source;
