package dev.lgc.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.dsl.check.Language;
import dev.lgc.dsl.diagnostic.Renderer;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Entry;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("pure")
class LibraryTest {
  @ParameterizedTest
  @ValueSource(strings = {"nn", "gan", "lpips", "vq", "llama", "llamagen", "small"})
  void everyFileIsSound(String module) {
    assertEquals("", Renderer.plain(Library.checked(Language.load(module)).check()));
  }

  @Test
  void theTokenizerEncodesDecodesAndTrainsAgainstADiscriminator() {
    CheckedModel vq = Library.model("vq", "VQ16", "");
    assertEquals("[int[2, 256]]", results(vq, "encode"));
    assertEquals("[[2, 3, 256, 256]]", results(vq, "decode"));
    Entry tokenizer = vq.entry("tokenizer").orElseThrow();
    Entry discriminator = vq.entry("discriminator").orElseThrow();
    assertEquals(List.of("reconstruction"), tokenizer.exports());
    assertEquals(
        List.of("images", "reconstruction"),
        discriminator.inputs().stream().map(i -> i.name()).toList());
    assertTrue(
        tokenizer.over().stream()
            .noneMatch(p -> p.startsWith("discriminator") || p.startsWith("lpips")));
    assertTrue(discriminator.over().stream().allMatch(p -> p.startsWith("discriminator")));
  }

  @Test
  void theSmallestGeneratorDrawsTheCodesOfTheSmallestTokenizer() {
    assertEquals("[int[2, 64]]", results(Library.model("small", "SmallTokenizer", ""), "encode"));
    CheckedModel generator = Library.model("small", "SmallGenerator", "classes=6");
    assertEquals("[[2, 64, 256], int[2]]", results(generator, "codes"));
  }

  @Test
  void whatHasNoWeightIsNotThere() {
    CheckedModel vq = Library.model("vq", "VQ", "disc_weight=0 perceptual_weight=0 usage_window=0");
    assertTrue(vq.entry("discriminator").isEmpty());
    assertTrue(Library.stored(vq, "discriminator.").isEmpty());
    assertTrue(Library.stored(vq, "lpips.").isEmpty());
    assertEquals(Map.of(), vq.entry("tokenizer").orElseThrow().updates());
  }

  @Test
  void aGeneratorKnowsItsTokenizersGridAndCodes() {
    CheckedModel c2i =
        Library.model("llamagen", "ClassToImage", "tokenizer=VQ8(codes:4096) image=128");
    assertEquals(256, c2i.entry("codes").orElseThrow().generated());
    assertEquals("[[2, 256, 4096], int[2]]", results(c2i, "codes"));
  }

  @Test
  void aUsersVariantChangesPartsOfALibraryModel() {
    CheckedModel mine =
        Library.written(
            """
            import "nn.arch"
            import "llamagen.arch"

            variant Grouped of ClassToImage {
              layers[*].attention.kv_heads = size.heads / 4
              layers[*].attention_norm = LayerNorm(size.dim)
            }
            """,
            "Grouped");
    Map<String, List<Integer>> stored = Library.stored(mine, "layers.3.");
    assertEquals(List.of(768 + 2 * 192, 768), stored.get("attention.wqkv.weight"));
    assertEquals(List.of(768), stored.get("attention_norm.bias"));
  }

  @Test
  void aUsersTokenizerFeedsALibraryGenerator() {
    CheckedModel mine =
        Library.written(
            """
            import "nn.arch"
            import "llamagen.arch"

            model Patches(image: int = 32) is Tokenizer {
              let codes = 64
              let downsample = 8
              table = Embedding(codes, 192)
              forward decode(indices: int[b, 16]) -> [b, 16, 192] = table(indices)
            }

            variant Small of ClassToImage {
              size = (2, 2, 32)
              tokenizer = Patches
              image = 32
            }
            """,
            "Small");
    assertEquals("[[2, 16, 64], int[2]]", results(mine, "codes"));
  }

  private static String results(CheckedModel model, String entry) {
    Entry e = model.entry(entry).orElseThrow();
    return e.outputs().values().stream().map(i -> e.values().get(i).type()).toList().toString();
  }
}
