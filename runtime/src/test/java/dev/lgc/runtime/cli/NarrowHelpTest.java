package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

@Tag("pure")
final class NarrowHelpTest {
  private static List<CommandLine> commands() {
    CommandLine main = Main.commandLine();
    List<CommandLine> all = new ArrayList<>(main.getSubcommands().values());
    all.add(main);
    return all;
  }

  @Test
  void noLineIsWiderThanTheTerminal() {
    for (CommandLine command : commands()) {
      for (int width = 12; width < 60; width++) {
        int most = width;
        String text = NarrowHelp.text(command.getCommandSpec(), width);
        text.lines().forEach(line -> assertTrue(line.length() <= most, most + " columns: " + line));
      }
    }
  }

  @Test
  void everyOptionAndWhatItDoesIsThere() {
    for (CommandLine command : commands()) {
      String text = NarrowHelp.text(command.getCommandSpec(), 40).replaceAll("\\s+", "");
      command.getCommandSpec().options().stream()
          .filter(o -> !o.hidden())
          .forEach(
              o -> {
                assertTrue(text.contains(o.longestName()), o.longestName());
                String first = o.description().length == 0 ? "" : o.description()[0];
                String shown = first.replace("%%", "%").replace("%n", "").replaceAll("\\s+", "");
                assertTrue(text.contains(shown), o.longestName() + ": " + first);
              });
      assertTrue(!text.contains("${"), text);
    }
  }
}
