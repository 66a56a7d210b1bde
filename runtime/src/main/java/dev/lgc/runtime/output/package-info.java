/**
 * Checks of the outputs that a user names: no input, and nothing that took long to make, is
 * overwritten.
 *
 * {@snippet :
 * OutputCheck.require(
 *     List.of(new NamedPath("-o", out)), List.of(), List.of(new NamedPath("F.arch", model)));
 * }
 *
 * <p>It runs before a command does anything. {@link dev.lgc.runtime.output.OutputCheck} also keeps
 * the folder of a run away from the pictures that the run is trained on.
 */
package dev.lgc.runtime.output;
