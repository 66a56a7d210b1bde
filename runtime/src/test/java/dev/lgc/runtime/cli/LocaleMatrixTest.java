package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.report.MetricsLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Quickstart at its smallest, going on with it, a sample and a plan under locales with other
 * digits, other marks in numbers and other letter cases: everything is as it is under English.
 *
 * <p>One locale by default; all with {@code -Dlgc.matrix=true}.
 */
@Tag("backend")
final class LocaleMatrixTest {
  private static final List<String> LOCALES =
      List.of("hi-IN-u-nu-deva", "tr-TR", "ar-EG", "fa-IR", "th-TH", "de-DE");

  private static final Pattern OTHER_DIGITS = Pattern.compile("[\\p{Nd}&&[^0-9]]");

  @TempDir private Path dir;

  /** What a run under a locale left. */
  private record Left(
      Map<String, Long> files, List<MetricsLog.Row> metrics, byte[] picture, String plan) {}

  @Test
  void numbersAndNamesAreTheSameUnderEveryLocale() throws Exception {
    Left english = run("en-US");
    assertTrue(
        english.files.containsKey("q/out/tokenizer/step-00000002.safetensors"),
        "it went on: " + english.files);
    int count = Boolean.getBoolean("lgc.matrix") ? LOCALES.size() : 1;
    for (String tag : LOCALES.subList(0, count)) {
      Left other = run(tag);
      assertEquals(english.files.keySet(), other.files.keySet(), tag);
      assertEquals(english.metrics, other.metrics, tag);
      assertEquals(english.plan, other.plan, tag);
      assertArrayEquals(english.picture, other.picture, tag);
    }
  }

  private Left run(String tag) throws Exception {
    Locale locale = Locale.forLanguageTag(tag);
    Path folder = Files.createDirectories(dir.resolve(tag));
    Path q = Files.createDirectories(folder.resolve("q"));
    TinyQuickstart.write(q);
    String quickstart = "quickstart --dir " + q + " --minutes 0.000001";
    Path png = folder.resolve("x.png");
    Path commands =
        Files.write(
            folder.resolve("commands"),
            List.of(
                quickstart,
                quickstart,
                "sample -g "
                    + q.resolve("out/generator")
                    + " -t "
                    + q.resolve("out/tokenizer")
                    + " --class star -n 2 -o "
                    + png,
                "plan " + q.resolve("shapes.arch") + " -m ShapesTokenizer -b 2 --limits 100,10"));
    List<String> flags = new ArrayList<>();
    flags.add("-Duser.language=" + locale.getLanguage());
    flags.add("-Duser.country=" + locale.getCountry());
    if (!locale.getExtensionKeys().isEmpty()) {
      flags.add("-Duser.extensions=u-" + locale.getExtension('u'));
    }
    flags.add("-Dlgc.cache=" + dir.resolve("cache"));
    String plan;
    try (ChildProcess child =
        ChildProcess.of(folder, flags, LocalizedMain.class, tag, commands.toString())) {
      assertEquals(0, child.await(), child.said());
      assertFalse(OTHER_DIGITS.matcher(child.said()).find(), child.said());
      // Without how much memory is free at the moment.
      plan =
          child
              .out()
              .substring(child.out().indexOf("ShapesTokenizer, batch"))
              .replaceAll("(?m)^ +it fits here.*$", "");
    }
    Map<String, Long> files = new TreeMap<>();
    try (Stream<Path> all = Files.walk(q)) {
      for (Path p : all.filter(Files::isRegularFile).toList()) {
        String name = folder.relativize(p).toString();
        files.put(name.contains("tfevents") ? "tensorboard" : name, Files.size(p));
        if (name.endsWith(".jsonl") || name.endsWith(".yaml")) {
          assertFalse(OTHER_DIGITS.matcher(Files.readString(p)).find(), name);
        }
      }
    }
    return new Left(
        files, losses(q.resolve("out/tokenizer/metrics.jsonl")), Files.readAllBytes(png), plan);
  }

  /** Without what depends on the clock. */
  private static List<MetricsLog.Row> losses(Path file) throws IOException {
    return MetricsLog.read(file).stream()
        .map(
            r -> {
              Map<String, Double> kept = new TreeMap<>(r.values());
              kept.remove("samples_per_second");
              return new MetricsLog.Row(r.step(), kept);
            })
        .toList();
  }
}
