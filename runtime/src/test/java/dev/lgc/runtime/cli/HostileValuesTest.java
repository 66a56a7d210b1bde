package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.config.NumberRange;
import dev.lgc.runtime.config.RunKeys;
import dev.lgc.runtime.train.TinyRuns;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Every option of every command, and every key of a run file, at values that nobody means: the
 * program does something or explains why not, and is never at fault itself. A sample of them in
 * each build; {@code -Dlgc.fuzz.count=100000} tries all.
 */
@Tag("backend")
final class HostileValuesTest {
  private static final int COUNT = Integer.getInteger("lgc.fuzz.count", 80);
  private static final String ARCH = TinyRuns.arch();
  private static final List<String> NUMBERS =
      List.of(
          "0",
          "-1",
          "1",
          "2147483647",
          "2147483648",
          "-2147483648",
          "9223372036854775807",
          "9223372036854775808",
          "NaN",
          "Infinity",
          "-Infinity",
          "1e309",
          "1e-400",
          "0x10",
          "1_0",
          "1.5",
          "",
          " ",
          "\u0663",
          "--1");
  private static final List<String> WORDS =
      List.of(
          "",
          " ",
          "-",
          "--",
          "=",
          "a=",
          "=b",
          "a=b=c",
          "%s%n%d",
          "${x}",
          "@x",
          "#",
          "\u0000",
          "\n",
          "\ud800",
          "\u202e\u05d0",
          "0-99999999999",
          "9-0",
          "1,,2",
          ",",
          "x".repeat(5000),
          "[",
          "{}");

  @TempDir private static Path dir;

  /** A command line that is sound, by command. */
  private static final Map<String, List<String>> SOUND = new LinkedHashMap<>();

  @BeforeAll
  static void aTokenizerAndAGeneratorThatWereTrained() throws IOException {
    String run = write("tokenizer.yaml", tokenizer(Map.of()));
    assertEquals(0, Cli.run("train", run).code());
    String codes = at("train.codes");
    assertEquals(0, Cli.run("tokenize", run, "-o", codes).code());
    String generator =
        "model: {arch: \""
            + ARCH
            + "\", name: TinyGenerator}\ncodes: {path: train.codes}\n"
            + "batch: 2\nsteps: 1\ncheckpoint: {dir: generator}\n";
    assertEquals(0, Cli.run("train", write("generator.yaml", generator)).code());
    SOUND.put("check", List.of(ARCH));
    SOUND.put("plan", List.of(ARCH, "-m", "TinyGenerator", "-b", "2"));
    SOUND.put("compile", List.of(ARCH, "-m", "TinyTokenizer", "-b", "2", "-o", at("o.lgc")));
    SOUND.put("show", List.of(ARCH, "-m", "TinyTokenizer", "-b", "2"));
    SOUND.put("diff", List.of(ARCH + "#TinyTokenizer", ARCH + "#TinyTokenizer", "-b", "2"));
    SOUND.put("train", List.of(run));
    SOUND.put("tokenize", List.of(run, "-o", at("o.codes")));
    SOUND.put("reconstruct", List.of(run, "-o", at("o.png"), "-b", "2", "-n", "2"));
    SOUND.put(
        "sample",
        List.of(
            "-g",
            at("generator"),
            "-t",
            at("tokenizer"),
            "-c",
            "0",
            "-n",
            "1",
            "-b",
            "1",
            "-o",
            at("o.png")));
    SOUND.put(
        "bench",
        List.of(
            ARCH,
            "-m",
            "TinyTokenizer",
            "-b",
            "1",
            "--step",
            "judge.update",
            "--seconds",
            "0.001",
            "--limits",
            "100,10"));
  }

  private static String at(String name) {
    return dir.resolve(name).toString();
  }

  private static String write(String name, String text) throws IOException {
    Files.write(dir.resolve(name), text.getBytes(StandardCharsets.UTF_8)); // half a sign is a ?
    return at(name);
  }

  /** A run of one step, with some settings that stand in place of its own. */
  private static String tokenizer(Map<String, String> changed) {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("model.arch", '"' + ARCH + '"');
    all.put("model.name", "TinyTokenizer");
    all.put("data.kind", "drawn");
    all.put("data.count", "12");
    all.put("data.held_out", "4");
    all.put("batch", "2");
    all.put("steps", "1");
    all.put("checkpoint.dir", '"' + at("tokenizer") + '"');
    all.put("log.held_out_batches", "1");
    all.put("log.tensorboard", "false");
    all.putAll(changed);
    Map<String, List<String>> sections = new LinkedHashMap<>();
    all.forEach(
        (key, value) -> {
          int dot = key.indexOf('.');
          String line = (dot < 0 ? "" : "  ") + key.substring(dot + 1) + ": " + value;
          sections
              .computeIfAbsent(dot < 0 ? key : key.substring(0, dot), k -> new ArrayList<>())
              .add(line);
        });
    StringBuilder text = new StringBuilder();
    sections.forEach(
        (section, lines) -> {
          text.append(lines.getFirst().startsWith("  ") ? section + ":\n" : "");
          lines.forEach(l -> text.append(l).append('\n'));
        });
    return text.toString();
  }

  private static <T> List<T> some(List<T> all, String what) {
    long seed = Long.getLong("lgc.fuzz.seed", System.nanoTime());
    System.out.println("HostileValuesTest, " + what + ": -Dlgc.fuzz.seed=" + seed);
    List<T> mixed = new ArrayList<>(all);
    Collections.shuffle(mixed, new Random(seed));
    return mixed.subList(0, Math.min(COUNT, mixed.size()));
  }

  /** Runs a command that must end soon, and not by a fault of ours. */
  private static void survives(List<String> words) {
    Cli.Result r =
        assertTimeoutPreemptively(
            Duration.ofMinutes(5), () -> Cli.run(words.toArray(String[]::new)), words::toString);
    assertTrue(r.code() >= 0 && r.code() <= 2, () -> words + " ended with " + r.code() + r.err());
    assertTrue(r.code() == 0 || !r.err().isBlank(), () -> words + " says nothing");
  }

  @Test
  void everyOptionOfEveryCommand() {
    List<List<String>> all = new ArrayList<>();
    SOUND.forEach(
        (command, sound) -> {
          for (ArgSpec arg :
              Main.commandLine(command).getSubcommands().get(command).getCommandSpec().args()) {
            if (arg instanceof OptionSpec o && !o.usageHelp() && !o.versionHelp()) {
              hostile(command, sound, o, all);
            }
          }
        });
    assertTrue(all.size() > 1000, all.size() + " cases");
    some(all, "options").forEach(HostileValuesTest::survives);
  }

  private static void hostile(
      String command, List<String> sound, OptionSpec o, List<List<String>> all) {
    boolean number = NumberRange.isNumber(OptionValues.type(o));
    for (String value : number ? NUMBERS : o.type() == Path.class ? paths() : WORDS) {
      List<String> words = new ArrayList<>(List.of(command));
      words.addAll(sound);
      // Of an option that is given already, the value is another.
      int given = Math.max(words.indexOf(o.shortestName()), words.indexOf(o.longestName()));
      if (o.arity().max() == 0) {
        words.add(o.longestName());
      } else if (given > 0) {
        words.set(given + 1, value);
      } else {
        words.add(o.longestName() + "=" + value);
      }
      if (!all.contains(words)) {
        all.add(words);
      }
    }
  }

  private static List<String> paths() {
    return List.of(
        "",
        at("none"),
        at("none/none"),
        dir.toString(),
        at("tokenizer.yaml/x"),
        "\u0000",
        at("x".repeat(300)),
        at("\n"),
        at("%s"));
  }

  @Test
  void everyKeyOfARunFile() throws IOException {
    List<Map<String, String>> all = new ArrayList<>();
    for (String key : RunKeys.all()) {
      for (List<String> values : List.of(NUMBERS, WORDS, List.of("[]", "[1, 2]", "{a: b}", "~"))) {
        for (String v : values) {
          all.add(Map.of(key, v));
          all.add(Map.of(key, '"' + v.replace("\n", "\\n").replace("\u0000", "\\0") + '"'));
        }
      }
    }
    assertTrue(all.size() > 1000, all.size() + " cases");
    for (Map<String, String> changed : some(all, "keys")) {
      String run = write("hostile.yaml", tokenizer(changed));
      survives(List.of("plan", run));
      String value = changed.values().iterator().next();
      if (value.replace("\"", "").length() < 4 && !changed.containsKey("checkpoint.dir")) {
        survives(List.of("train", run)); // larger numbers may rightly take hours
      }
    }
  }
}
