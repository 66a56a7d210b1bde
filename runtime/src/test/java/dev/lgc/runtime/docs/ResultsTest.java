package dev.lgc.runtime.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.SharedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Measurements are well formed, and the tables of the pages are made of them. {@code
 * -Dlgc.update-goldens=true} writes the tables.
 */
@Tag("pure")
final class ResultsTest {
  /** A list of rows in a comment, and the table that follows it. */
  private static final Pattern TABLE =
      Pattern.compile("<!-- results\n((?:[^\n]+#[^\n]+\n)+)-->\n((?:\\|[^\n]*\n)*)");

  @Test
  void everyFileNamesItsDateAndAMachineThatIsDescribed() throws IOException {
    Results results = Results.read();
    assertTrue(results.files().size() > 20, "found " + results.files().keySet());
    results
        .files()
        .forEach(
            (name, file) -> {
              assertTrue(
                  name.startsWith(file.date() + "-" + file.machine() + "-"),
                  name + " is of " + file.date() + " on " + file.machine());
              assertTrue(
                  results.machines().containsKey(file.machine()), name + ": " + file.machine());
              Set<String> ids = new HashSet<>();
              file.rows().forEach(row -> assertTrue(ids.add(row.id()), name + "#" + row.id()));
            });
  }

  @ParameterizedTest
  @CsvSource({"docs/performance.md, results, 15", "README.md, docs/results, 6"})
  void aPagesTablesAreMadeOfResults(String page, String folder, int atLeast) throws IOException {
    Path file = SharedFiles.projectRoot().resolve(page);
    String text = Files.readString(file);
    Results results = Results.read();
    List<String> references = new ArrayList<>();
    StringBuilder expected = new StringBuilder();
    Matcher m = TABLE.matcher(text);
    while (m.find()) {
      List<String> rows = m.group(1).lines().toList();
      references.addAll(rows);
      String table = "<!-- results\n" + m.group(1) + "-->\n" + results.table(rows, folder);
      m.appendReplacement(expected, Matcher.quoteReplacement(table));
    }
    m.appendTail(expected);
    assertTrue(references.size() >= atLeast, page + " has rows " + references);
    if (Boolean.getBoolean("lgc.update-goldens")) {
      Files.writeString(file, expected);
    } else {
      assertEquals(expected.toString(), text, page + " (-Dlgc.update-goldens=true writes it)");
    }
  }
}
