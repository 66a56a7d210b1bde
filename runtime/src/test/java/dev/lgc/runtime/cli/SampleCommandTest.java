package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.runtime.TestResources;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.model.ArchSources;
import dev.lgc.runtime.model.Checkpoint;
import dev.lgc.runtime.model.Keys;
import dev.lgc.runtime.model.ModelChoice;
import dev.lgc.runtime.model.Models;
import dev.lgc.runtime.model.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code lgc sample} of a generator and a tokenizer with their first weights. */
final class SampleCommandTest {
  private static final String ARCH = TestResources.path("models/tiny.arch").toString();

  @TempDir private Path dir;

  @BeforeEach
  void weights() throws IOException {
    write("TinyGenerator", "g.safetensors");
    write("TinyTokenizer", "t.safetensors");
  }

  private void write(String name, String file) throws IOException {
    ModelChoice choice = new ModelChoice(ARCH, name, Map.of());
    CheckedModel model = Models.check(choice, 1);
    ExecutionPlan plan = Models.plan(model, List.of(new Request.Initialise()));
    try (Device device = new CpuDevice(1);
        Session session = Session.open(plan, device)) {
      Keys.write(session.input("init", "key"), 5, 0, 0);
      session.run("init");
      ArchSources sources = ArchSources.of(Models.load(choice));
      new Weights(session, plan).save(dir.resolve(file), Checkpoint.elsewhere(choice, sources));
    }
  }

  private String at(String name) {
    return dir.resolve(name).toString();
  }

  private Cli.Result sample(String... how) {
    List<String> all = new ArrayList<>(List.of("sample", ARCH, "-m", "TinyGenerator"));
    all.addAll(List.of("--weights", at("g.safetensors"), "--seed", "11"));
    all.addAll(List.of(how));
    return Cli.run(all.toArray(String[]::new));
  }

  /** The codes that are drawn, as they are written. */
  private String codes(String... how) throws IOException {
    List<String> all = new ArrayList<>(List.of(how));
    all.addAll(List.of("--tokens-out", at("codes.json")));
    Cli.Result r = sample(all.toArray(String[]::new));
    assertEquals(0, r.code(), r.err());
    return Files.readString(dir.resolve("codes.json"));
  }

  @Test
  void guidanceOfZeroDrawsWithoutRegardToTheClassAndSaysSo() throws IOException {
    assertEquals(
        codes("--class", "1", "-n", "5", "--cfg", "0"),
        codes("--class", "7", "-n", "5", "--cfg", "0"));
    assertNotEquals(
        codes("--class", "1", "-n", "5", "--cfg", "1"),
        codes("--class", "7", "-n", "5", "--cfg", "1"));
    Cli.Result asked = sample("--class", "1", "--cfg", "0", "--tokens-out", at("codes.json"));
    assertTrue(asked.err().contains("warning: --cfg 0 draws without regard to the classes"));
    Cli.Result all = sample("--cfg", "0", "--tokens-out", at("codes.json"));
    assertTrue(!all.err().contains("warning:"), all.err());
    assertTrue(Cli.run("sample", "--help").out().contains("0 not at all"));
  }

  @Test
  void theBatchChangesNoDraw() throws IOException {
    String together = codes("--class", "1,7,3", "-n", "10", "-b", "10", "--cfg", "1.5");
    for (String batch : List.of("1", "3", "4")) {
      assertEquals(
          together, codes("--class", "1,7,3", "-n", "10", "-b", batch, "--cfg", "1.5"), batch);
    }
  }
}
