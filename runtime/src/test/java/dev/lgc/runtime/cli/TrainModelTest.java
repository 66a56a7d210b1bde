package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.model.Checkpoint;
import dev.lgc.runtime.model.CheckpointFolder;
import dev.lgc.runtime.train.TinyRuns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run whose model is named on the command line, and not in its run file. */
@Tag("backend")
final class TrainModelTest {
  private static final String ARCH = TinyRuns.arch();

  @TempDir private Path dir;

  private String at(String name) {
    return dir.resolve(name).toString();
  }

  private String runFile(String name, String more) throws IOException {
    Files.writeString(
        dir.resolve(name + ".yaml"),
        more
            + "data: {kind: drawn, count: 8}\nbatch: 2\nsteps: 2\noptimizer: {lr: 1e-2}\n"
            + "checkpoint: {dir: "
            + name
            + "}\n");
    return at(name + ".yaml");
  }

  private static Cli.Result ok(String... args) {
    Cli.Result r = Cli.run(args);
    assertEquals(0, r.code(), r.err());
    return r;
  }

  private Path newest(String run) {
    return CheckpointFolder.resolve(dir.resolve(run), w -> {});
  }

  @Test
  void whatWasCompiledTrainsAsItsSourceDoes() throws Exception {
    ok("compile", ARCH, "-m", "TinyTokenizer", "-b", "2", "-o", at("t.lgc"));
    ok("train", at("t.lgc"), runFile("compiled", ""));
    ok("train", ARCH, "-m", "TinyTokenizer", runFile("source", ""));
    ok("train", runFile("named", "model: {arch: \"" + ARCH + "\", name: TinyTokenizer}\n"));
    TinyRuns.assertSameTensors(newest("compiled"), newest("source"));
    TinyRuns.assertSameTensors(newest("compiled"), newest("named"));
    assertEquals("TinyTokenizer", Checkpoint.read(newest("source")).model().name());
  }

  @Test
  void aPathOnTheCommandLineIsNotRelativeToTheRunFile() throws Exception {
    Path here = Path.of("").toAbsolutePath();
    String relative = here.relativize(Path.of(ARCH).toAbsolutePath()).toString();
    ok("train", relative, "-m", "TinyTokenizer", runFile("relative", ""));
  }

  @Test
  void parametersAreOfTheModelOnTheCommandLine() throws Exception {
    ok("train", ARCH, "-m", "TinyTokenizer", "-p", "codes=32", runFile("wide", ""));
    assertEquals("32", Checkpoint.read(newest("wide")).model().parameters().get("codes"));
  }

  @Test
  void whatTheRunFileSaysOfAnotherModelIsNotUsedAndThatIsSaid() throws Exception {
    String model = "model: {arch: vq, name: VQ16, parameters: {image: 64}}\n";
    Cli.Result other = ok("train", ARCH, "-m", "TinyTokenizer", runFile("other", model));
    assertTrue(other.err().contains("note: `model` in line 1 of "), other.err());
    assertTrue(other.err().contains("is not used"), other.err());
    String same = "model: {arch: \"" + ARCH + "\", name: TinyTokenizer}\n";
    Cli.Result agreed = ok("train", ARCH, "-m", "TinyTokenizer", runFile("same", same));
    assertFalse(agreed.err().contains("note:"), agreed.err());
  }

  @Test
  void whatNamesNoRunIsAMistake() throws Exception {
    String run = runFile("run", "");
    List<List<String>> wrong = new ArrayList<>();
    wrong.add(List.of(run, ARCH));
    wrong.add(List.of(run, "-m", "TinyTokenizer"));
    wrong.add(List.of(run, "-p", "dim=8"));
    wrong.add(List.of(at("t.lgc"), "-m", "TinyTokenizer", run));
    for (List<String> words : wrong) {
      List<String> all = new ArrayList<>(List.of("train"));
      all.addAll(words);
      Cli.Result r = Cli.run(all.toArray(String[]::new));
      assertEquals(1, r.code(), () -> words + ": " + r.err());
      assertTrue(r.err().contains("RUN.yaml"), r.err());
    }
    Cli.Result none = Cli.run("train", run);
    assertEquals(1, none.code());
    assertTrue(none.err().contains("lgc train F.arch -m MODEL RUN.yaml"), none.err());
    Cli.Result mistake = Cli.run("train", ARCH, "-m", "TinyTokenizr", run);
    assertEquals(1, mistake.code());
    assertTrue(mistake.err().contains("TinyTokenizer"), mistake.err());
  }
}
