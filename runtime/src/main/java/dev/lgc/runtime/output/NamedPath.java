package dev.lgc.runtime.output;

import java.nio.file.Path;

/**
 * A file or folder that a user names.
 *
 * @param by the option or setting that names it, for messages
 * @param path as it is written
 */
public record NamedPath(String by, Path path) {}
