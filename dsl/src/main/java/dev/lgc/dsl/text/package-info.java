/**
 * Text that does not depend on the user's locale. File names, numbers in files, JSON and messages
 * are all made with it: the build refuses {@code String.format}, {@code formatted}, {@code printf}
 * and {@code toLowerCase} that take the default locale.
 */
package dev.lgc.dsl.text;
