package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.SharedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code docs/compiler.md} shows what the commands in it print; lines may be left out at "…". */
@Tag("backend")
final class TourTest {
  private static final Pattern BLOCK =
      Pattern.compile("(?m)^```\n\\$ \\./lgc ([^\n]+)\n(.*?)^```$", Pattern.DOTALL);

  /**
   * The place of an instruction in its method, which depends on how long the machine's vectors are.
   */
  private static final Pattern OFFSET =
      Pattern.compile("^ +\\d+ +(?=[a-z_0-9]+ +jdk/incubator/vector/)", Pattern.MULTILINE);

  /** The first line of {@code shown} that is not in {@code printed} where it should be. */
  static Optional<String> missing(List<String> shown, List<String> printed) {
    int at = 0;
    boolean gap = false;
    for (String line : shown) {
      if (line.equals("…")) {
        gap = true;
        continue;
      }
      while (gap && at < printed.size() && !printed.get(at).equals(line)) {
        at++;
      }
      if (at >= printed.size() || !printed.get(at).equals(line)) {
        return Optional.of(line);
      }
      at++;
      gap = false;
    }
    return gap || at == printed.size() ? Optional.empty() : Optional.of(printed.get(at));
  }

  @Test
  void everyOutputInTheTourIsWhatTheCommandPrints() throws IOException {
    Path root = SharedFiles.projectRoot();
    Matcher m = BLOCK.matcher(Files.readString(root.resolve("docs/compiler.md")));
    int blocks = 0;
    while (m.find()) {
      blocks++;
      String tour = root.resolve("docs/tour.arch").toString();
      Cli.Result result = Cli.run(m.group(1).replace("docs/tour.arch", tour).split(" "));
      assertEquals(0, result.code(), result.err());
      List<String> printed =
          OFFSET
              .matcher(result.out().replace(tour, "docs/tour.arch"))
              .replaceAll(" ")
              .lines()
              .filter(l -> !l.isBlank())
              .toList();
      List<String> shown = OFFSET.matcher(m.group(2)).replaceAll(" ").lines().toList();
      assertEquals(Optional.empty(), missing(shown, printed), m.group(1));
    }
    assertTrue(blocks >= 6, blocks + " blocks");
  }

  @Test
  void theModelInTheTourIsTheFile() throws IOException {
    Path docs = SharedFiles.projectRoot().resolve("docs");
    Matcher m =
        Pattern.compile("(?s)```arch\n(.*?)```")
            .matcher(Files.readString(docs.resolve("compiler.md")));
    assertTrue(m.find());
    String file = Files.readString(docs.resolve("tour.arch"));
    assertEquals(file.replaceAll("(?m)^///.*\n", "").strip(), m.group(1).strip());
  }

  @Test
  void aLineThatIsNotPrintedIsFound() {
    List<String> printed = List.of("a", "b", "c");
    assertEquals(Optional.empty(), missing(List.of("a", "…", "c"), printed));
    assertEquals(Optional.of("c"), missing(List.of("a", "c"), printed));
    assertEquals(Optional.of("d"), missing(List.of("…", "d"), printed));
    assertEquals(Optional.of("c"), missing(List.of("a", "b"), printed));
  }
}
