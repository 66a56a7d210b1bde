package dev.lgc.runtime.train;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.config.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A value of a run file that leads nowhere is named by its key and its line. */
final class SettingPlacesTest {
  @TempDir private Path dir;

  private void assertNamed(String key, int line, String text) {
    UserError e =
        assertThrows(
            UserError.class,
            () -> TinyRuns.train(TinyRuns.run(dir, text), new TrainListener() {}, () -> true));
    assertTrue(e.getMessage().contains("run.yaml:" + line + ":"), e.getMessage());
    assertTrue(e.getMessage().contains("`" + key + "`"), e.getMessage());
  }

  @Test
  void eachFileThatIsNotThere() throws IOException {
    Files.writeString(dir.resolve("broken"), "this is none of it");
    String model = "model: {arch: \"" + TinyRuns.arch() + "\", name: TinyTokenizer}\n";
    String generator = model.replace("TinyTokenizer", "TinyGenerator");
    String rest = "batch: 2\nsteps: 1\ncheckpoint: {dir: out}\n";
    for (String file : new String[] {"nowhere", "broken"}) {
      Map<String, String> all = new LinkedHashMap<>();
      all.put("data.path", model + "data:\n  kind: folder\n  path: FILE\n");
      all.put("codes.path", generator + "codes:\n  held_out: x\n  path: FILE\n");
      all.put("artifact", "data: {kind: drawn}\n# a line\n\nartifact: FILE\n");
      all.put("weights", model + "data: {kind: drawn}\nweights:\n  lpips: FILE\n");
      all.forEach((key, text) -> assertNamed(key, 4, text.replace("FILE", file) + rest));
    }
  }
}
