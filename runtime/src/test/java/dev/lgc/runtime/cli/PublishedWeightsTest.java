package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lgc.runtime.SharedFiles;
import dev.lgc.runtime.io.SafetensorsFile;
import dev.lgc.runtime.io.TensorEntry;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Weights of the reference, straight from its checkpoint, draw the codes the reference draws. */
@Tag("backend")
final class PublishedWeightsTest {
  @TempDir private Path dir;

  private static Cli.Result sample(String... more) {
    String[] model = {
      "sample",
      "llamagen",
      "-m",
      "ClassToImage",
      "-p",
      "size=(3, 4, 64)",
      "-p",
      "tokenizer=VQ16(codes: 128)",
      "-p",
      "image=64",
      "-p",
      "multiple_of=32",
      "-p",
      "classes=10"
    };
    String[] all = new String[model.length + more.length];
    System.arraycopy(model, 0, all, 0, model.length);
    System.arraycopy(more, 0, all, model.length, more.length);
    return Cli.run(all);
  }

  @Test
  void greedySamplingGivesTheReferencesCodes() throws Exception {
    Path weights = SharedFiles.require("golden/gpt_tiny_c2i.safetensors");
    Path golden = SharedFiles.require("golden/gpt_tiny_c2i_generate.safetensors");
    Path tokens = dir.resolve("tokens.json");
    Cli.Result r =
        sample(
            "--weights",
            weights.toString(),
            "--class",
            "0,3,7,9",
            "--cfg",
            "4",
            "--top-k",
            "1",
            "--seed",
            "0",
            "--tokens-out",
            tokens.toString());
    assertEquals(0, r.code(), r.err());
    JsonNode drawn = new ObjectMapper().readTree(Files.readString(tokens)).get("tokens");
    try (SafetensorsFile file = SafetensorsFile.open(golden)) {
      TensorEntry expected = file.tensor("cfg4.intm1.tokens");
      for (int i = 0; i < 4; i++) {
        for (int j = 0; j < 16; j++) {
          assertEquals((int) expected.numberAt(i * 16L + j), drawn.get(i).get(j).asInt());
        }
      }
    }
  }

  @Test
  void aModelWithoutWeightsIsRefused() {
    Cli.Result r = sample("--class", "1", "--tokens-out", dir.resolve("t.json").toString());
    assertEquals(1, r.code());
    assertTrue(r.err().contains("without weights"), r.err());
  }
}
