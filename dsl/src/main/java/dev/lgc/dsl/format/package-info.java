/**
 * The one layout of the language.
 *
 * <p>The layout works on the words of a file, comments among them, and asks the parse tree only
 * what part a word plays: which parenthesis belongs to a call, which colon to a slice, which word
 * begins a statement. So nothing can be lost. Statements get a line each, bodies two spaces;
 * neighbouring assignments and comments are aligned; blank lines are kept, one at most, and stand
 * around every item of several lines. Where a long expression breaks is the author's choice; what
 * follows the break is aligned with the bracket it stands in.
 */
package dev.lgc.dsl.format;
