package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.data.Picture;
import dev.lgc.runtime.data.SyntheticPictures;
import dev.lgc.runtime.dist.MpiCommand;
import dev.lgc.runtime.report.PngGrid;
import dev.lgc.runtime.train.TinyRuns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** {@code lgc tokenize --ranks N} as users start it, by a real mpirun. */
@EnabledOnOs(OS.LINUX)
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@Tag("backend")
final class RanksTokenizeTest {
  @TempDir private Path dir;

  @BeforeEach
  void requireMpi() throws InterruptedException {
    RankRuns.requireMpi();
  }

  /** The run of a tokenizer that was not trained, on pictures in {@code d}. */
  private Path run(String name, String data) throws IOException {
    Path folder = Files.createDirectories(dir.resolve("t"));
    FirstWeights.write("TinyTokenizer", folder.resolve("step-00000001.safetensors"));
    return Files.writeString(
        dir.resolve(name),
        Text.format(
            "model: {arch: \"%s\", name: TinyTokenizer}\ndata: %s\nsteps: 1\nbatch: 2\n"
                + "checkpoint: {dir: t}\n",
            TinyRuns.arch(), data));
  }

  private void pictures(int count) throws IOException {
    Files.createDirectories(dir.resolve("d/a"));
    Picture p = new Picture();
    for (int i = 0; i < count; i++) {
      new SyntheticPictures(count, 8, 1).read(i, p);
      PngGrid.write(p, dir.resolve(Text.format("d/a/%02d.png", i)));
    }
  }

  private ChildProcess tokenize(Path run, String out, String... more) throws Exception {
    return ChildProcess.lgc(
        dir, RankRuns.all(new String[] {"tokenize", run.toString(), "-o", at(out)}, more));
  }

  /** One process; returns what it prints. */
  private String alone(Path run, String out, String... more) {
    Cli.Result one =
        Cli.run(RankRuns.all(new String[] {"tokenize", run.toString(), "-o", at(out)}, more));
    assertEquals(0, one.code(), one.err());
    return one.out();
  }

  private String at(String name) {
    return dir.resolve(name).toString();
  }

  /** The files of codes, also those that are not complete. */
  private List<String> codes() throws IOException {
    try (Stream<Path> all = Files.list(dir)) {
      return all.map(f -> f.getFileName().toString()).filter(f -> f.contains("codes")).toList();
    }
  }

  @Test
  void twoRanksWriteTheBytesOfOneProcessAndSpeakWithOneVoice() throws Exception {
    pictures(30);
    for (int bad : List.of(2, 9, 10)) {
      Files.writeString(dir.resolve(Text.format("d/a/%02d.png", bad)), "no picture");
    }
    Path run = run("run.yaml", "{kind: folder, path: d, held_out: 5}");
    String[] how = {"-b", "4", "--ten-crop", "--json"};
    String said = alone(run, "1.codes", RankRuns.all(how, "--held-out", at("1v.codes")));
    String[] two = RankRuns.all(how, "--held-out", at("2v.codes"), "--ranks", "2");
    try (ChildProcess child = tokenize(run, "2.codes", two)) {
      assertEquals(0, child.await(), child.said());
      assertEquals(said, child.out().replace("2.codes", "1.codes").replace("2v.", "1v."));
      assertEquals(3, RankRuns.count(child.err(), "bad picture: "), child.err());
      assertEquals(1, RankRuns.count(child.err(), "30 pictures in 1 class"), child.err());
    }
    same("1.codes", "2.codes");
    same("1v.codes", "2v.codes");
    assertEquals(4, codes().size());
  }

  private void same(String one, String two) throws IOException {
    assertArrayEquals(
        Files.readAllBytes(dir.resolve(one)), Files.readAllBytes(dir.resolve(two)), two);
  }

  @Test
  void anMpirunOfTheUsersOwnDoesTheSame() throws Exception {
    Path run = run("run.yaml", "{kind: drawn, count: 30}");
    alone(run, "1.codes", "--flip", "-b", "4");
    try (ChildProcess child = mpirun(run, "2.codes", "--flip", "-b", "4")) {
      assertEquals(0, child.await(), child.said());
      assertEquals(1, RankRuns.count(child.out(), "codes: " + at("2.codes")), child.said());
    }
    same("1.codes", "2.codes");
    try (ChildProcess child = mpirun(run, "run.yaml")) {
      assertEquals(1, child.await(), child.said());
      assertEquals(1, RankRuns.count(child.err(), "error"), child.said());
      assertTrue(child.err().contains("--out"), child.said());
    }
  }

  private ChildProcess mpirun(Path run, String out, String... more) throws Exception {
    String[] arguments =
        RankRuns.all(new String[] {"tokenize", run.toString(), "-o", at(out)}, more);
    List<String> program = ChildProcess.program(Main.class, List.of(), arguments);
    return ChildProcess.command(dir, Map.of(), MpiCommand.of(2, program));
  }

  @Test
  void sigtermEndsAllRanksAndNothingIsWritten() throws Exception {
    Path run = run("run.yaml", "{kind: drawn, count: 10000000}");
    for (boolean toOne : new boolean[] {false, true}) {
      try (ChildProcess child = tokenize(run, "never.codes", "-b", "8", "--ranks", "2")) {
        while (codes().isEmpty()) {
          assertTrue(child.isAlive(), child.said());
          Thread.sleep(10);
        }
        if (toOne) {
          ChildProcess.send("TERM", child.rank(1));
        } else {
          child.send("TERM");
        }
        assertEquals(143, child.await(), child.said());
        assertEquals(0, RankRuns.count(child.err(), "error"), child.said());
        String interrupted = "interrupted: " + at("never.codes") + " was not written";
        assertEquals(1, RankRuns.count(child.err(), interrupted), child.said());
      }
      assertEquals(List.of(), codes());
    }
  }

  @Test
  void aMistakeIsSaidOnceAndNothingHangs() throws Exception {
    pictures(3);
    Files.writeString(dir.resolve("d/a/01.png"), "no picture");
    Path run = run("run.yaml", "{kind: folder, path: d}");
    Path unknown = run("unknown.yaml", "{kind: folder, path: d, held: 5}");
    Map<List<String>, String> wrong = new HashMap<>();
    wrong.put(List.of(run.toString(), "-o", at("d")), "--out");
    wrong.put(
        List.of(run.toString(), "-o", at("c.codes"), "--held-out", at("v.codes")), "holds out no");
    wrong.put(
        List.of(run.toString(), "-o", at("c.codes"), "--on-bad-picture", "refuse"),
        "1 picture cannot be read");
    wrong.put(List.of(run.toString(), "-o", at("c.codes"), "-t", at("none")), "none");
    wrong.put(List.of(unknown.toString(), "-o", at("c.codes")), "held");
    for (Map.Entry<List<String>, String> e : wrong.entrySet()) {
      List<String> command = new ArrayList<>(List.of("tokenize"));
      command.addAll(e.getKey());
      command.addAll(List.of("--ranks", "2"));
      try (ChildProcess child = ChildProcess.lgc(dir, command.toArray(String[]::new))) {
        assertEquals(1, child.await(), child.said());
        assertEquals(1, RankRuns.count(child.err(), "error"), child.said());
        assertTrue(child.err().contains(e.getValue()), child.said());
        assertFalse(child.err().contains("\tat "), child.said());
      }
    }
    assertEquals(List.of(), codes());
  }
}
