package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models that only running them shows to be wrong: their author's mistake, with its place. */
@Tag("backend")
final class UnsoundModelsTest {
  @TempDir private Path folder;

  @Test
  void anIndexThatAModelComputesWronglyIsItsAuthorsMistake() throws IOException {
    Files.writeString(
        folder.resolve("wrong.arch"),
        """
        model Wrong(image: int = 8) {
          param table: [4, 1] = normal(0.2)
          objective lookup(images: [b, 3, image, image]) {
            let five = cast(images * 0, int) + 5
            minimize mean(gather(table, five))
          }
        }
        """);
    Path run = folder.resolve("run.yaml");
    Files.writeString(
        run,
        """
        model: {arch: wrong.arch, name: Wrong}
        data: {kind: drawn, count: 12, held_out: 2}
        batch: 4
        steps: 1
        checkpoint: {dir: out}
        """);
    Cli.Result r = Cli.run("train", run.toString());
    assertEquals(1, r.code(), r.err());
    assertTrue(r.err().contains("wrong.arch:5:14"), r.err());
    assertTrue(r.err().contains("index 5 is outside of table, which has 4 rows"), r.err());
  }
}
