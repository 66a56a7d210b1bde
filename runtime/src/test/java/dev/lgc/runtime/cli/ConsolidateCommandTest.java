package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.TestResources;
import dev.lgc.runtime.io.ShardedCopy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A checkpoint in shards serves as one in one file, and becomes one by {@code consolidate}. */
@Tag("backend")
final class ConsolidateCommandTest {
  private static final String CHECKPOINT = "run/step-00000001.safetensors";

  @TempDir private Path dir;

  private String at(String name) {
    return dir.resolve(name).toString();
  }

  @BeforeEach
  void write() throws IOException {
    FirstWeights.write("TinyGenerator", dir.resolve("whole.safetensors"));
    Files.createDirectories(dir.resolve("run"));
    ShardedCopy.write(dir.resolve("whole.safetensors"), dir.resolve(CHECKPOINT), 4);
    Files.writeString(dir.resolve("run/latest"), "step-00000001.safetensors\n");
  }

  @Test
  void theFileHasTheBytesOfOneProcess() throws IOException {
    Cli.Result r = Cli.run("consolidate", at("run"), "-o", at("one.safetensors"));
    assertEquals(0, r.code(), r.err());
    assertEquals("", r.err());
    assertTrue(r.out().startsWith(at("one.safetensors") + ": "), r.out());
    assertTrue(r.out().endsWith(", of " + at(CHECKPOINT) + "\n"), r.out());
    assertEquals(
        -1, Files.mismatch(dir.resolve("whole.safetensors"), dir.resolve("one.safetensors")));
    assertEquals(
        0, Cli.run("consolidate", at("one.safetensors"), "-o", at("two.safetensors")).code());
    assertEquals(
        -1, Files.mismatch(dir.resolve("whole.safetensors"), dir.resolve("two.safetensors")));
  }

  @Test
  void shardsAreCheckedAndSampledAsTheyAre() throws IOException {
    Cli.Result r = Cli.run("check", at(CHECKPOINT));
    assertEquals(0, r.code(), r.err());
    assertEquals(
        Cli.run("check", at("whole.safetensors")).out().replace("whole", ""),
        r.out().replace("run/step-00000001", ""));
    for (String weights : new String[] {"whole.safetensors", CHECKPOINT}) {
      Cli.Result drawn =
          Cli.run(
              "sample",
              TestResources.path("models/tiny.arch").toString(),
              "-m",
              "TinyGenerator",
              "--weights",
              at(weights),
              "--class",
              "3",
              "-n",
              "4",
              "--tokens-out",
              at(weights.replaceAll(".*/", "") + ".codes"));
      assertEquals(0, drawn.code(), drawn.err());
    }
    assertEquals(
        -1,
        Files.mismatch(
            dir.resolve("whole.safetensors.codes"),
            dir.resolve("step-00000001.safetensors.codes")));
  }

  @Test
  void whatIsDamagedIsNotWritten() throws IOException {
    Path shard = dir.resolve("run/step-00000001.shard-2-of-4.safetensors");
    byte[] bytes = Files.readAllBytes(shard);
    bytes[bytes.length - 1] ^= 1;
    Files.write(shard, bytes);
    Cli.Result r = Cli.run("consolidate", at(CHECKPOINT), "-o", at("one.safetensors"));
    assertEquals(Faults.MISTAKE, r.code());
    assertTrue(r.err().contains("shard-2-of-4.safetensors: "), r.err());
    assertTrue(r.err().contains("is damaged"), r.err());
    assertTrue(Files.notExists(dir.resolve("one.safetensors")));
    Cli.Result alone = Cli.run("check", shard.toString());
    assertEquals(Faults.MISTAKE, alone.code());
    assertTrue(alone.err().contains("one shard of step-00000001.safetensors"), alone.err());
  }

  @Test
  void filesOfARunAreNotReplaced() {
    for (String out : new String[] {CHECKPOINT, "run/step-00000001.shard-1-of-4.safetensors"}) {
      Cli.Result r = Cli.run("consolidate", at("run"), "-o", at(out));
      assertEquals(Faults.MISTAKE, r.code(), r.out());
    }
  }
}
