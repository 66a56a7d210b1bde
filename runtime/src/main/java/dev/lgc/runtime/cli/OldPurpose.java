package dev.lgc.runtime.cli;

import java.util.Map;
import java.util.Stack;
import picocli.CommandLine.IParameterPreprocessor;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;

/** Reads {@code --for using}, the earlier name of {@code --for inference}, with a hint. */
final class OldPurpose implements IParameterPreprocessor {
  @Override
  @SuppressWarnings("JdkObsolete") // picocli's type
  public boolean preprocess(
      Stack<String> args, CommandSpec command, ArgSpec option, Map<String, Object> info) {
    if (!args.isEmpty() && args.peek().equals("using")) {
      args.pop();
      args.push("inference");
      command.commandLine().getErr().println("hint: --for using is now --for inference");
    }
    return false;
  }
}
