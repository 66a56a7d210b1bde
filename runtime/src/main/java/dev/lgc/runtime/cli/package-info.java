/** The {@code lgc} program: one picocli command, one class per subcommand. */
package dev.lgc.runtime.cli;
