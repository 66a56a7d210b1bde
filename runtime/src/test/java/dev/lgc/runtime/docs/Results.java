package dev.lgc.runtime.docs;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.SharedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The measurements in {@code docs/results}, by file name. Its README describes the format. */
record Results(Map<String, Machine> machines, Map<String, Measurement> files) {
  private static final Path FOLDER = SharedFiles.projectRoot().resolve("docs/results");

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private static final List<String> HEADER =
      List.of("work", "machine", "limit", "lgc", "of limit", "PyTorch", "ratio", "measured");

  /** Where something was measured. */
  record Machine(String name, String processor, String limits, String software) {}

  /** One session on one machine. */
  record Measurement(
      String date,
      String commit,
      String machine,
      String command,
      List<String> notes,
      List<Row> rows) {
    Measurement {
      LocalDate.parse(date);
      if (!commit.matches("[0-9a-f]{7,40}")) {
        throw new IllegalArgumentException("commit is " + commit);
      }
      if (machine.isBlank() || command.isBlank() || rows.isEmpty()) {
        throw new IllegalArgumentException("machine, command and rows must not be empty");
      }
    }
  }

  /**
   * Figures of one thing in one unit. Each list has a number per run; with {@code range}, the least
   * and the greatest of several runs.
   */
  record Row(String id, String work, String unit, boolean range, Map<String, List<Double>> values) {
    Row {
      if (!id.matches("[A-Za-z0-9-]+") || work.isBlank() || unit.isBlank() || values.isEmpty()) {
        throw new IllegalArgumentException("row " + id + " lacks its work, unit or values");
      }
      for (var value : values.entrySet()) {
        List<Double> numbers = value.getValue();
        boolean ordered = numbers.size() == 2 && numbers.get(0) <= numbers.get(1);
        if (numbers.isEmpty() || (range && !ordered)) {
          throw new IllegalArgumentException("row " + id + ", " + value.getKey() + ": " + numbers);
        }
      }
    }

    private String figure(String name) {
      List<Double> all = values.get(name);
      return all == null ? "" : span(all, "") + " " + unit;
    }

    /** {@code over[i] / under[i]}, run by run, where both have as many runs. */
    private List<Double> quotients(String over, String under) {
      List<Double> a = values.get(over);
      List<Double> b = values.get(under);
      if (a == null || b == null || a.size() != b.size()) {
        return List.of();
      }
      return IntStream.range(0, a.size()).mapToObj(i -> a.get(i) / b.get(i)).toList();
    }
  }

  static Results read() throws IOException {
    Map<String, Measurement> files = new TreeMap<>();
    Map<String, Machine> machines =
        JSON.readerForMapOf(Machine.class).readValue(FOLDER.resolve("machines.json").toFile());
    try (Stream<Path> all = Files.list(FOLDER)) {
      for (Path file : all.filter(p -> p.toString().endsWith(".json")).toList()) {
        String name = file.getFileName().toString().replaceFirst("\\.json$", "");
        if (!name.equals("machines")) {
          files.put(name, JSON.readerFor(Measurement.class).readValue(file.toFile()));
        }
      }
    }
    return new Results(machines, files);
  }

  /**
   * The Markdown table of some rows.
   *
   * @param references one {@code FILE#ROW} per row of the table
   * @param folder where the results lie, as seen from the page
   */
  String table(List<String> references, String folder) {
    List<List<String>> lines = new ArrayList<>();
    lines.add(HEADER);
    for (String reference : references) {
      lines.add(line(reference, folder));
    }
    StringBuilder table = new StringBuilder();
    for (int at = 0; at < lines.size(); at++) {
      for (int column = 0; column < HEADER.size(); column++) {
        int c = column;
        if (lines.stream().skip(1).anyMatch(line -> !line.get(c).isEmpty())) {
          table.append("| ").append(lines.get(at).get(c)).append(' ');
        }
      }
      table.append("|\n");
      if (at == 0) {
        table.append(table.toString().replaceAll("[^|\n]+", "---"));
      }
    }
    return table.toString();
  }

  private List<String> line(String reference, String folder) {
    int hash = reference.indexOf('#');
    String name = reference.substring(0, hash);
    Measurement file = files.get(name);
    Row row =
        file.rows().stream()
            .filter(r -> r.id().equals(reference.substring(hash + 1)))
            .findFirst()
            .orElseThrow(() -> new IllegalArgumentException("there is no row " + reference));
    List<Double> ratios = row.quotients("peer", "lgc");
    List<Double> shares =
        row.quotients("limit", "lgc").stream().map(share -> Math.rint(100 * share)).toList();
    boolean lost = !ratios.isEmpty() && Collections.min(ratios) < 1;
    return List.of(
        row.work(),
        machines.get(file.machine()).name(),
        row.figure("limit"),
        row.figure("lgc"),
        span(shares, " %"),
        row.figure("peer"),
        lost ? "**" + span(ratios, "") + "**" : span(ratios, ""),
        Text.format("[%s](%s/%s.json)", file.date(), folder, name));
  }

  private static String span(List<Double> all, String after) {
    if (all.isEmpty()) {
      return "";
    }
    String least = digits(Collections.min(all));
    String greatest = digits(Collections.max(all));
    return (least.equals(greatest) ? least : least + " to " + greatest) + after;
  }

  /** Three significant digits below ten, whole numbers from a hundred on. */
  private static String digits(double x) {
    String text = Text.format(x < 1 ? "%.3f" : x < 10 ? "%.2f" : x < 100 ? "%.1f" : "%.0f", x);
    return text.contains(".") ? text.replaceFirst("\\.?0+$", "") : text;
  }
}
