/**
 * The {@code lgc} program: one picocli command, one class per subcommand.
 *
 * <p>{@link dev.lgc.runtime.cli.Main} prepares what all commands share: signals, standard streams
 * in UTF-8, and no locale but {@link java.util.Locale#ROOT}.
 */
package dev.lgc.runtime.cli;
