package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.dsl.source.Source;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.config.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("backend")
final class MainTest {
  @TempDir private Path dir;

  static List<String> commands() {
    return List.copyOf(Main.commandLine().getSubcommands().keySet());
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyCommandHasHelpWithAnExample(String command) {
    Cli.Result r = Cli.run(command, "--help");
    assertEquals(0, r.code());
    assertTrue(r.out().contains("lgc " + command), r.out());
    assertTrue(r.out().contains("Example"), r.out());
  }

  @Test
  void aWrongCommandLineIsExplained() {
    Cli.Result r = Cli.run("train", "--templat", "tokenizer");
    assertEquals(2, r.code());
    assertTrue(r.err().contains("--templat"), r.err());
    assertFalse(r.err().contains("\tat "), r.err());
  }

  @Test
  void anUnknownCommandOffersANearOne() {
    Cli.Result r = Cli.run("trian", "run.yaml");
    assertEquals(2, r.code());
    assertTrue(r.err().contains("train"), r.err());
  }

  @ParameterizedTest
  @ValueSource(strings = {"tokenizer", "generator"})
  void templatesAreRunFiles(String kind) {
    Cli.Result r = Cli.run("train", "--template", kind);
    assertEquals(0, r.code());
    RunFile run = UserError.orThrow(RunFile.parse(Source.of(kind, r.out()), dir));
    assertEquals(1e-4, run.config().optimizer().lr());
  }

  @Test
  void aMistakeInARunFileIsShownWithItsPlace() throws Exception {
    Path run = dir.resolve("run.yaml");
    Files.writeString(run, "modle: {arch: vq, name: VQ16}\n");
    Cli.Result r = Cli.run("train", run.toString());
    assertEquals(1, r.code());
    assertTrue(r.err().contains("run.yaml:1:1"), r.err());
    assertTrue(r.err().contains("near      `model`"), r.err());
  }

  @Test
  void aMissingRunFileIsAMistake() {
    Cli.Result r = Cli.run("train", dir.resolve("none.yaml").toString());
    assertEquals(1, r.code());
    assertTrue(r.err().contains("no such file"), r.err());
  }

  @Test
  void missingPicturesAreNamedAndNotTheirLabels() throws Exception {
    Path run = dir.resolve("run.yaml");
    Files.writeString(
        run,
        """
        model: {arch: vq, name: VQ16}
        data: {kind: idx, path: none-images-idx3-ubyte.gz}
        batch: 1
        steps: 1
        checkpoint: {dir: out}
        """);
    Cli.Result r = Cli.run("train", run.toString());
    assertEquals(1, r.code());
    assertTrue(r.err().contains("none-images-idx3-ubyte.gz: no such file"), r.err());
  }

  @Test
  void aFaultOfOursIsWrittenToAFile() throws Exception {
    java.io.StringWriter err = new java.io.StringWriter();
    int code =
        Faults.report(
            new IllegalStateException("so it goes"),
            new String[] {"plan"},
            new java.io.PrintWriter(err, true));
    assertEquals(3, code);
    String text = err.toString();
    assertFalse(text.contains("\tat "), text);
    Path file = Path.of(text.replaceAll("(?s).*details are in (\\S+);.*", "$1"));
    assertTrue(Files.readString(file).contains("so it goes"));
    Files.delete(file);
  }
}
