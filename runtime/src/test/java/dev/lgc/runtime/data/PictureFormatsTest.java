package dev.lgc.runtime.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.TestResources;
import dev.lgc.runtime.io.BadInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Measures the table of formats and features in docs/pictures.md. */
@Timeout(60)
@Tag("pure")
class PictureFormatsTest {
  private static final Path DOCS = Path.of("..", "docs", "pictures.md");
  private static final String BEGIN = "<!-- formats -->\n";
  private static final String END = "<!-- end -->";

  /** A picture that another program wrote; {@code pictures.tsv} lists them. */
  private record Sample(String file, String format, String feature, String writer) {
    static List<Sample> all() throws IOException {
      return Files.readAllLines(TestResources.path("pictures/pictures.tsv")).stream()
          .map(line -> line.split("\t"))
          .map(c -> new Sample(c[0], c[1], c[2], c[3]))
          .toList();
    }

    /** How far what is read is from what should be. */
    String measure() {
      Picture p = new Picture();
      try {
        ImageReader.read(TestResources.path("pictures/" + file), p);
      } catch (BadInputException e) {
        return "refused: " + e.what().replaceFirst("^.*" + file + ": ", "");
      }
      Picture expected = new Picture();
      ImageReader.read(TestResources.path("pictures/expected/" + file + ".png"), expected);
      int difference = CropsTest.difference(expected, p);
      return difference == 0 ? "exact" : "within " + difference;
    }
  }

  @Test
  void theTableInTheDocumentationIsWhatIsMeasured() throws IOException {
    String docs = Files.readString(DOCS);
    int from = docs.indexOf(BEGIN) + BEGIN.length();
    int to = docs.indexOf(END, from);
    String table = table();
    if (Boolean.getBoolean("lgc.update-goldens")) {
      Files.writeString(DOCS, docs.substring(0, from) + table + docs.substring(to));
    } else {
      assertEquals(table, docs.substring(from, to), "write it anew with -Dlgc.update-goldens=true");
    }
  }

  @Test
  void mostPicturesAreReadToTheBit() throws IOException {
    Map<String, Long> counts =
        Sample.all().stream()
            .map(s -> s.measure().replaceFirst("[ :].*", ""))
            .collect(Collectors.groupingBy(m -> m, TreeMap::new, Collectors.counting()));
    for (Sample s : Sample.all()) {
      String measured = s.measure();
      boolean near = !measured.startsWith("within ") || measured.matches("within [12]");
      assertTrue(near, s.feature + " is read " + measured);
    }
    assertTrue(counts.get("exact") >= 165, counts.toString());
    assertTrue(counts.getOrDefault("within", 0L) <= 1, counts.toString());
  }

  private static String table() throws IOException {
    Map<String, StringBuilder> rows = new LinkedHashMap<>();
    for (Sample s : Sample.all()) {
      String row = Text.format("| %s | %s | %s |\n", s.feature, s.writer, s.measure());
      rows.computeIfAbsent(s.format, f -> new StringBuilder()).append(row);
    }
    StringBuilder table = new StringBuilder();
    rows.forEach(
        (format, lines) ->
            table
                .append("\n### ")
                .append(format)
                .append("\n\n| feature | written by | read |\n|---|---|---|\n")
                .append(lines));
    return table.append('\n').toString();
  }
}
