/**
 * Mistakes of users, as data.
 *
 * <p>A phase never throws for a mistake of its user. It collects {@link
 * dev.lgc.dsl.diagnostic.Diagnostic}s and gives an {@link dev.lgc.dsl.diagnostic.Outcome}: a value,
 * or everything that is wrong.
 *
 * <pre>
 * Outcome    ::= value | Diagnostic+
 * Diagnostic ::= code span message found expected note* hint near*
 * Note       ::= span text
 * </pre>
 *
 * <p>A good diagnostic says what was found, what was expected <em>and why</em>, and one thing to
 * try:
 *
 * <pre>{@code
 * Diagnostic.of(Code.UNKNOWN_NAME, span, "there is no `dmi` here").withNear(NearNames.of("dmi", known))
 * }</pre>
 *
 * <p>Showing it is somebody else's business: {@link dev.lgc.dsl.diagnostic.Renderer} for people,
 * {@link dev.lgc.dsl.diagnostic.Json} for editors. Other inputs than {@code .arch} files, such as
 * run files, report with the same records: make a {@link dev.lgc.dsl.source.Source} of the text.
 */
package dev.lgc.dsl.diagnostic;
