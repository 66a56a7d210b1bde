package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lgc.runtime.SharedFiles;
import dev.lgc.runtime.data.CodeCache;
import dev.lgc.runtime.data.Picture;
import dev.lgc.runtime.data.TextFeaturesTest;
import dev.lgc.runtime.io.SafetensorsFile;
import dev.lgc.runtime.io.SafetensorsWriter;
import dev.lgc.runtime.io.StoredType;
import dev.lgc.runtime.io.TensorEntry;
import dev.lgc.runtime.report.PngGrid;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Generators of captions: from features in a file to codes. */
@Tag("backend")
final class CaptionsTest {
  private static final String ARCH =
      """
      import "llamagen.arch"

      variant Tok of VQ {
        image = 16  multipliers = [1, 1, 1]  ch = 8  z = 8  res_blocks = 1  codes = 16  code_dim = 4
        perceptual_weight = 0.0  disc_weight = 0.0  usage_window = 0  **.groups = 4
      }

      variant Text of TextToImage {
        size = (1, 2, 16)  tokenizer = Tok  image = 16  multiple_of = 8  caption_tokens = 4  caption_dim = 6
      }
      """;

  @TempDir private Path dir;

  private String at(String name) {
    return dir.resolve(name).toString();
  }

  private static Cli.Result ok(String... args) {
    Cli.Result r = Cli.run(args);
    assertEquals(0, r.code(), r.err());
    return r;
  }

  /** Horizontal stripes and vertical ones, bright and dark. */
  private void makePictures(int each) throws IOException {
    for (String kind : new String[] {"across", "down"}) {
      for (int n = 0; n < each; n++) {
        Picture p = new Picture(16, 16);
        for (int y = 0; y < 16; y++) {
          for (int x = 0; x < 16; x++) {
            boolean on = (kind.equals("across") ? y : x) % 8 < 4;
            p.set(x, y, on ? 255 : n, on ? 200 : 0, kind.equals("across") ? 255 : 0);
          }
        }
        Path folder = Files.createDirectories(dir.resolve("pictures").resolve(kind));
        PngGrid.write(p, folder.resolve(n + ".png"));
      }
    }
  }

  /** Features that tell the two kinds apart, in another order than the pictures'. */
  private void makeCaptions(int each) throws IOException {
    List<String> names = new ArrayList<>();
    for (int n = 0; n < each; n++) {
      names.add("across/" + n);
      names.add("down/" + n + ".png");
    }
    Collections.reverse(names);
    names.remove("down/4.png"); // one picture has no caption
    int count = names.size();
    float[] values = new float[count * 5 * 6];
    Arrays.fill(values, Float.NaN);
    float[] lengths = new float[count];
    for (int i = 0; i < count; i++) {
      lengths[i] = names.get(i).startsWith("down") ? 2 : 3;
      for (int v = 0; v < lengths[i] * 6; v++) {
        values[i * 30 + v] = names.get(i).startsWith("down") == (v % 6 < 3) ? 1 : -1;
      }
    }
    SafetensorsWriter.write(
        dir.resolve("captions.safetensors"),
        Map.of("names", new ObjectMapper().writeValueAsString(names)),
        List.of(
            TextFeaturesTest.tensor("features", new long[] {count, 5, 6}, values),
            TextFeaturesTest.tensor("lengths", new long[] {count}, lengths)));
  }

  @Test
  void aGeneratorLearnsWhatCaptionsMeanFromAFolderAndAFile() throws Exception {
    makePictures(6);
    makeCaptions(6);
    Files.writeString(dir.resolve("text.arch"), ARCH);
    Files.writeString(
        dir.resolve("tokenizer.yaml"),
        """
        model: {arch: text.arch, name: Tok}
        data: {kind: folder, path: pictures, crop: center, flip: false, held_out: 3}
        batch: 4
        steps: 2
        checkpoint: {dir: t}
        """);
    String generator =
        """
        model: {arch: text.arch, name: Text}
        codes: {path: train.codes, held_out: val.codes, captions: captions.safetensors}
        batch: 8
        shards: 2
        steps: 120
        optimizer: {lr: 1e-2}
        ema: 0.5
        checkpoint: {dir: g}
        samples: {every: 120, count: 4, tokenizer: t}
        """;
    Files.writeString(dir.resolve("generator.yaml"), generator);
    Files.writeString(
        dir.resolve("without.yaml"), generator.replace(", captions: captions.safetensors", ""));
    ok("train", at("tokenizer.yaml"));
    String[] tokenize = {
      "tokenize", at("tokenizer.yaml"), "-o", at("train.codes"), "--held-out", at("val.codes")
    };
    ok(tokenize);
    Cli.Result without = Cli.run("train", at("without.yaml"));
    assertEquals(1, without.code());
    assertTrue(without.err().contains("codes without captions"), without.err());
    Cli.Result trained = ok("train", at("generator.yaml"));
    assertTrue(trained.err().contains("no caption for 1 of 8 pictures"), trained.err());
    assertTrue(Files.size(dir.resolve("g/samples/step-00000120.png")) > 0);
    String[] sample = {
      "sample",
      "-g",
      at("g"),
      "-t",
      at("t"),
      "--text-features",
      at("captions.safetensors"),
      "--top-k",
      "1",
      "--cfg",
      "1.5",
      "-b",
      "4",
      "-o",
      at("s.png"),
      "--tokens-out",
      at("s.json")
    };
    ok(sample);
    JsonNode tokens = new ObjectMapper().readTree(Files.readString(Path.of(at("s.json"))));
    try (CodeCache codes = CodeCache.open(Path.of(at("train.codes")));
        SafetensorsFile captions = SafetensorsFile.open(Path.of(at("captions.safetensors")))) {
      int[] across = new int[16];
      int[] down = new int[16];
      codes.codes(codes.names().indexOf("across/0.png"), 0, across);
      codes.codes(codes.names().indexOf("down/0.png"), 0, down);
      assertNotEquals(Arrays.toString(across), Arrays.toString(down));
      TensorEntry lengths = captions.tensor("lengths");
      for (int i = 0; i < lengths.elements(); i++) {
        assertEquals(
            Arrays.toString(lengths.numberAt(i) == 2 ? down : across),
            Arrays.toString(drawn(tokens, i)),
            "caption " + i);
      }
    }
  }

  private static int[] drawn(JsonNode tokens, int i) {
    JsonNode row = tokens.get("tokens").get(i);
    return IntStream.range(0, row.size()).map(t -> row.get(t).asInt()).toArray();
  }

  @Test
  void greedySamplingGivesTheReferencesCodes() throws Exception {
    for (String name : new String[] {"gpt_tiny_t2i", "gpt_tiny_t2i120"}) {
      Path weights = SharedFiles.require("golden/" + name + ".safetensors");
      Path expected = SharedFiles.require("golden/" + name + "_generate.safetensors");
      Path train = SharedFiles.require("golden/" + name + "_train.safetensors");
      try (SafetensorsFile inputs = SafetensorsFile.open(train);
          SafetensorsFile golden = SafetensorsFile.open(expected)) {
        int tokens = (int) inputs.tensor("in.emb_mask").shape()[1];
        TensorEntry left = inputs.tensor("in.cond");
        check(golden, "cfg7.mask.", weights, tokens, "7.5", left, inputs.tensor("in.emb_mask"));
        check(golden, "cfg1.mask.", weights, tokens, "1", left, inputs.tensor("in.emb_mask"));
        TensorEntry all = inputs.tensor("in.emb_mask");
        float[] ones = new float[(int) all.elements()];
        Arrays.fill(ones, 1);
        TensorEntry whole = TextFeaturesTest.tensor("mask", all.shape(), ones);
        check(golden, "cfg7.nomask.", weights, tokens, "7.5", left, whole);
        if (inputs.contains("in.text_right")) {
          TensorEntry right = inputs.tensor("in.text_right");
          TensorEntry mask = inputs.tensor("in.mask_right");
          check(golden, "cfg7.mask.", weights, tokens, "7.5", right, mask);
        }
      }
    }
  }

  private void check(
      SafetensorsFile golden,
      String prefix,
      Path weights,
      int tokens,
      String guidance,
      TensorEntry features,
      TensorEntry mask)
      throws IOException {
    SafetensorsWriter.write(
        dir.resolve("f.safetensors"),
        Map.of(),
        List.of(renamed("features", features), renamed("mask", mask)));
    String[] sample = {
      "sample",
      "llamagen",
      "-m",
      "TextToImage",
      "-p",
      "size=(3, 4, 64)",
      "-p",
      "tokenizer=VQ16(codes: 128)",
      "-p",
      "image=64",
      "-p",
      "multiple_of=32",
      "-p",
      "caption_dim=48",
      "-p",
      "caption_tokens=" + tokens,
      "--weights",
      weights.toString(),
      "--text-features",
      at("f.safetensors"),
      "--cfg",
      guidance,
      "--top-k",
      "1",
      "--tokens-out",
      at("t.json")
    };
    ok(sample);
    JsonNode drawn = new ObjectMapper().readTree(Files.readString(Path.of(at("t.json"))));
    TensorEntry want = golden.tensor(prefix + "tokens");
    for (int i = 0; i < 3; i++) {
      for (int t = 0; t < 16; t++) {
        assertEquals(
            (int) want.numberAt(i * 16L + t), drawn(drawn, i)[t], prefix + i + " code " + t);
      }
    }
  }

  private static TensorEntry renamed(String name, TensorEntry t) {
    return t.dtype() == StoredType.F32
        ? TextFeaturesTest.tensor(name, t.shape(), t.toFloats())
        : new TensorEntry(name, t.dtype(), t.shape(), t.data());
  }

  @Test
  void aCaptionAsTextIsRefusedByNamingWhatThereIs() {
    Cli.Result r =
        Cli.run("sample", "-g", at("g"), "--text", "a cat", "--tokens-out", at("t.json"));
    assertEquals(1, r.code());
    assertTrue(r.err().contains("no text encoder yet"), r.err());
    assertTrue(r.err().contains("--text-features"), r.err());
  }
}
