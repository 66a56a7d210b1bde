package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.train.TinyRuns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Averages that are still mostly initial values: every command that takes them says so in the same
 * words, with the option that takes the trained weights, and that option works.
 */
@Tag("backend")
final class ImmatureAveragesTest {
  private static final String SAID = ": the averages are still 100 % the model's initial values ";

  @TempDir private Path dir;

  private String at(String name) {
    return dir.resolve(name).toString();
  }

  private static Cli.Result ok(String... args) {
    Cli.Result r = Cli.run(args);
    assertEquals(0, r.code(), r.err());
    return r;
  }

  private void train(String name, String model, String data) throws IOException {
    Path run = dir.resolve(name + ".yaml");
    Files.writeString(
        run,
        "model: {arch: \""
            + TinyRuns.arch()
            + "\", name: "
            + model
            + "}\n"
            + data
            + "batch: 4\nsteps: 3\noptimizer: {lr: 0.1}\nema: 0.9999\nema_warmup: false\n"
            + "checkpoint: {dir: "
            + name
            + "}\n");
    ok("train", run.toString());
  }

  @BeforeEach
  void aTokenizerOfFewSteps() throws IOException {
    train("t", "TinyTokenizer", "data: {kind: drawn, count: 20, held_out: 5}\n");
  }

  /** Warns as it is, and not with the option that it names. */
  private static void assertWarns(String option, String... command) {
    List<String> said = ok(command).err().lines().filter(l -> l.contains(SAID)).toList();
    assertEquals(1, said.size(), () -> String.join(" ", command) + said);
    assertTrue(said.getFirst().startsWith("warning: "), said.getFirst());
    assertTrue(
        said.getFirst().endsWith(": " + option + " takes the trained weights"), said.getFirst());
    String[] with =
        Stream.concat(Stream.of(command), Stream.of(option.split(" "))).toArray(String[]::new);
    assertFalse(ok(with).err().contains(SAID));
  }

  @Test
  void everyCommandThatTakesThemWarns() throws IOException {
    String run = at("t.yaml");
    assertWarns("--weights-of raw", "tokenize", run, "-o", at("t.codes"));
    ok("tokenize", run, "-o", at("t.codes"));
    assertWarns("--weights-of raw", "reconstruct", run, "-o", at("t.png"));
    train("g", "TinyGenerator", "codes: {path: t.codes}\n");
    String[] sample = {"sample", "-g", at("g"), "--class-index", "1"};
    assertWarns("--weights-of raw", with(sample, "--tokens-out", at("s.json")));
    String weights = at("g");
    assertWarns(
        "--weights-of raw",
        "compile",
        TinyRuns.arch(),
        "-m",
        "TinyGenerator",
        "--weights",
        weights,
        "-o",
        at("g.lgc"));
    ok("compile", TinyRuns.arch(), "-m", "TinyGenerator", "--weights", weights, "-o", at("g.lgc"));
    Cli.Result packed =
        ok("sample", at("g.lgc"), "--class-index", "1", "--tokens-out", at("p.json"));
    assertTrue(packed.err().contains(SAID), packed.err());
    assertTrue(
        packed
            .err()
            .contains(": `lgc compile` again with `--weights-of raw` packs the trained weights"),
        packed.err());
    Cli.Result others =
        Cli.run(
            "sample",
            at("g.lgc"),
            "--class-index",
            "1",
            "--weights-of",
            "raw",
            "--tokens-out",
            at("p.json"));
    assertEquals(1, others.code());
    assertTrue(others.err().contains("its weights are average"), others.err());
    assertTrue(others.err().contains("`lgc compile` again with `--weights-of raw`"), others.err());
    // The advice is taken.
    ok(
        "compile",
        TinyRuns.arch(),
        "-m",
        "TinyGenerator",
        "--weights",
        weights,
        "--weights-of",
        "raw",
        "-o",
        at("r.lgc"));
    Cli.Result raw = ok("sample", at("r.lgc"), "--class-index", "1", "--tokens-out", at("r.json"));
    assertFalse(raw.err().contains(SAID), raw.err());
    String[] pictures = with(sample, "--weights-of", "raw", "-o", at("s.png"), "-t", at("t"));
    Cli.Result decoded = ok(pictures);
    assertTrue(
        decoded
            .err()
            .contains(": `lgc tokenize --weights-of raw` makes codes of the trained weights"),
        decoded.err());
    Cli.Result any = ok(with(pictures, "--any-tokenizer"));
    assertTrue(
        any.err().contains(": --tokenizer-weights-of raw takes the trained weights"), any.err());
  }

  @Test
  void codesOfTheTrainedWeightsAreDecodedByThem() throws IOException {
    ok("tokenize", at("t.yaml"), "--weights-of", "raw", "-o", at("t.codes"));
    train(
        "g",
        "TinyGenerator",
        "codes: {path: t.codes}\nsamples: {every: 3, count: 2, tokenizer: t}\n");
    assertTrue(Files.exists(dir.resolve("g/samples/step-00000003.png")));
    String[] sample = {
      "sample", "-g", at("g"), "--weights-of", "raw", "-t", at("t"), "-o", at("s.png")
    };
    assertFalse(ok(with(sample, "--class-index", "1")).err().contains(SAID));
    Cli.Result other =
        Cli.run(with(sample, "--class-index", "1", "--tokenizer-weights-of", "average"));
    assertEquals(1, other.code());
    assertTrue(other.err().contains("whose codes the generator learned"), other.err());
  }

  @Test
  void compilePacksTheTokenizerThatMadeTheCodes() throws IOException {
    ok("tokenize", at("t.yaml"), "--weights-of", "raw", "-o", at("t.codes"));
    train("g", "TinyGenerator", "codes: {path: t.codes}\n");
    String[] compile = {
      "compile",
      TinyRuns.arch(),
      "-m",
      "TinyGenerator",
      "--weights",
      at("g"),
      "--tokenizer-weights",
      at("t"),
      "-o",
      at("both.lgc")
    };
    Cli.Result compiled = ok(compile);
    assertFalse(compiled.err().contains(at("t") + "/"), compiled.err());
    ok("sample", at("both.lgc"), "--class-index", "1", "-o", at("s.png"));
    Cli.Result other = Cli.run(with(compile, "--tokenizer-weights-of", "average"));
    assertEquals(1, other.code());
    assertTrue(other.err().contains("whose codes the generator learned"), other.err());
  }

  private static String[] with(String[] some, String... more) {
    return Stream.concat(Stream.of(some), Stream.of(more)).toArray(String[]::new);
  }
}
