package dev.lgc.runtime.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code lgc checkpoint}: what is done with checkpoints beside reading them. */
@Command(
    name = "checkpoint",
    mixinStandardHelpOptions = true,
    description = "Works on checkpoints of runs.",
    footer = {
      "",
      "Example:",
      "  lgc checkpoint consolidate out/generator -o generator.safetensors"
    },
    subcommands = ConsolidateCommand.class)
final class CheckpointCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command of lgc checkpoint is missing");
  }
}
