package dev.lgc.runtime.cli;

import dev.lgc.runtime.report.TerminalWidth;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/**
 * The help of a command in a terminal that has no room for two columns: each option on a line of
 * its own, and what it does below it.
 */
final class NarrowHelp {
  /** The narrowest that picocli lays out itself. */
  private static final int TWO_COLUMNS = 55;

  private static final int WIDEST = 200;
  private static final String SECTION = "narrow";

  private final List<String> lines = new ArrayList<>();
  private final int width;

  private NarrowHelp(int width) {
    this.width = width;
  }

  /** As a help factory: looks at the terminal when help is asked for, and not before. */
  static Help factory(CommandSpec spec, Help.ColorScheme scheme) {
    int columns = TerminalWidth.columns();
    UsageMessageSpec usage = spec.usageMessage();
    usage.autoWidth(false);
    usage.width(Math.clamp(columns, TWO_COLUMNS, WIDEST));
    if (columns < TWO_COLUMNS) {
      usage.sectionKeys(List.of(SECTION));
      usage.sectionMap(Map.of(SECTION, help -> text(help.commandSpec(), columns)));
    }
    return new Help(spec, scheme);
  }

  /** The whole help, in lines of at most {@code width} columns. */
  static String text(CommandSpec spec, int width) {
    NarrowHelp help = new NarrowHelp(width);
    Help plain = new Help(spec, Help.defaultColorScheme(Help.Ansi.OFF));
    Faults.synopses(plain).forEach(s -> help.add("Usage: " + s, 0, 2));
    help.addAll(spec.usageMessage().description(), 0);
    for (PositionalParamSpec p : spec.positionalParameters()) {
      help.argument(p, p.paramLabel());
    }
    for (OptionSpec o : spec.options()) {
      String value = o.arity().max() == 0 ? "" : " " + o.paramLabel();
      help.argument(o, String.join(", ", o.names()) + value);
    }
    for (Map.Entry<String, CommandLine> command : spec.subcommands().entrySet()) {
      help.add(command.getKey(), 0, 2);
      help.addAll(command.getValue().getCommandSpec().usageMessage().description(), 2);
    }
    help.addAll(spec.usageMessage().footer(), 0);
    return String.join(System.lineSeparator(), help.lines) + System.lineSeparator();
  }

  private void argument(ArgSpec argument, String title) {
    if (!argument.hidden()) {
      add(title, 0, 2);
      addAll(argument.description(), 2);
    }
  }

  private void addAll(String[] texts, int indent) {
    for (String text : texts) {
      for (String line : text.replace("%n", "\n").replace("%%", "%").split("\n", -1)) {
        int own = line.length() - line.stripLeading().length();
        add(line.strip(), indent + own, indent + own + (own > 0 ? 2 : 0));
      }
    }
  }

  /** Words, as many as fit on each line; one that is longer than a line is cut. */
  private void add(String text, int first, int following) {
    StringBuilder line = new StringBuilder(" ".repeat(Math.min(first, width / 2)));
    int indent = Math.min(following, width / 2);
    boolean begun = false;
    for (String word : text.split(" ")) {
      String rest = word;
      if (begun && line.length() + 1 + rest.length() > width) {
        lines.add(line.toString());
        line = new StringBuilder(" ".repeat(indent));
        begun = false;
      }
      line.append(begun ? " " : "");
      while (line.length() + rest.length() > width) {
        int room = width - line.length();
        lines.add(line + rest.substring(0, room));
        rest = rest.substring(room);
        line = new StringBuilder(" ".repeat(indent));
      }
      line.append(rest);
      begun = true;
    }
    lines.add(line.toString().stripTrailing());
  }
}
