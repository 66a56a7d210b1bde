package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.TestResources;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("backend")
final class DamagedArtifactTest {
  @TempDir private Path dir;

  @Test
  void whereverItIsCutItIsNamedAndToBeCompiledAgain() throws Exception {
    String whole = dir.resolve("whole.lgc").toString();
    String arch = TestResources.path("models/tiny.arch").toString();
    assertEquals(0, Cli.run("compile", arch, "-m", "TinyGenerator", "-o", whole).code());
    byte[] all = Files.readAllBytes(Path.of(whole));
    Path cut = dir.resolve("cut.lgc");
    for (int parts = 0; parts < 40; parts++) {
      Files.write(cut, Arrays.copyOf(all, (int) ((long) all.length * parts / 40)));
      Cli.Result r = Cli.run("check", cut.toString());
      assertEquals(1, r.code(), r.err());
      assertTrue(r.err().contains(cut + ": not a sound .lgc"), r.err());
      assertTrue(r.err().contains("compile it again"), r.err());
    }
  }
}
