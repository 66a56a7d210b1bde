package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.train.TinyRuns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every command that takes a tokenizer's folder says which checkpoint it passes over. */
@Tag("backend")
final class DamagedTokenizerTest {
  private static final String DAMAGED = "step-00000009.safetensors";

  @TempDir private Path dir;

  private String at(String name) {
    return dir.resolve(name).toString();
  }

  private String train(String name, String model, String settings) throws IOException {
    Path run = dir.resolve(name + ".yaml");
    Files.writeString(
        run,
        Text.format(
            """
            model: {arch: "%s", name: %s}
            %s
            batch: 4
            steps: 1
            checkpoint: {dir: %s}
            """,
            TinyRuns.arch(), model, settings, name));
    return ok("train", run.toString());
  }

  private static String ok(String... args) {
    Cli.Result r = Cli.run(args);
    assertEquals(0, r.code(), r.err());
    return r.err();
  }

  private void assertWarns(String said) {
    assertTrue(
        said.lines().anyMatch(l -> l.startsWith("warning: ") && l.contains(at("t/" + DAMAGED))),
        said);
  }

  @Test
  void itIsSaidAndTheOneBeforeIsTaken() throws IOException {
    train("t", "TinyTokenizer", "data: {kind: drawn, count: 8}");
    ok("tokenize", at("t.yaml"), "-o", at("t.codes"));
    byte[] sound = Files.readAllBytes(dir.resolve("t/step-00000001.safetensors"));
    Files.write(dir.resolve("t/" + DAMAGED), Arrays.copyOf(sound, sound.length / 2));
    Files.writeString(dir.resolve("t/latest"), DAMAGED + "\n");
    assertWarns(ok("tokenize", at("t.yaml"), "-o", at("t.codes")));
    assertWarns(
        train(
            "g",
            "TinyGenerator",
            "codes: {path: t.codes}\nsamples: {every: 1, count: 1, tokenizer: t}"));
    String[] sample = {"sample", "-g", at("g"), "--class-index", "1", "-o", at("s.png")};
    for (String option : new String[] {"-t", "--tokenizer-weights"}) {
      String[] all = Arrays.copyOf(sample, sample.length + 2);
      all[sample.length] = option;
      all[sample.length + 1] = at("t");
      assertWarns(ok(all));
    }
  }
}
