package dev.lgc.models;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lgc.dsl.model.CheckedModel;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Weights have the names and shapes that the reference implementation saves them under. */
@Tag("pure")
class WeightNamesTest {
  @Test
  void classToImage() throws IOException {
    assertEquals(
        golden("gpt_tiny_c2i", ""), Library.stored(tiny("ClassToImage", "classes=10"), ""));
  }

  @Test
  void groupedQueries() throws IOException {
    CheckedModel model = tiny("ClassToImage", "classes=10 kv_heads=2");
    assertEquals(golden("gpt_tiny_c2i_kv2_train", "param."), Library.stored(model, ""));
  }

  @Test
  void textToImage() throws IOException {
    CheckedModel model = tiny("TextToImage", "caption_dim=48 caption_tokens=6");
    assertEquals(golden("gpt_tiny_t2i", ""), Library.stored(model, ""));
    model = tiny("TextToImage", "caption_dim=48");
    assertEquals(golden("gpt_tiny_t2i120", ""), Library.stored(model, ""));
  }

  private static CheckedModel tiny(String name, String settings) {
    String tiny = "size=(3,4,64) image=64 multiple_of=32 tokenizer=VQ16(codes:128) ";
    return Library.model("llamagen", name, tiny + settings);
  }

  @Test
  void tokenizer() throws IOException {
    CheckedModel model =
        Library.model(
            "vq",
            "VQ",
            "image=16 multipliers=[1,2] ch=32 z=32 codes=64 disc_weight=0 perceptual_weight=0");
    assertEquals(golden("vq_tiny", ""), Library.stored(model, ""));
  }

  @Test
  void tokenizerWithItsDiscriminatorAndPerceptualDistance() throws IOException {
    CheckedModel model =
        Library.model(
            "vq",
            "VQ",
            "image=16 multipliers=[1] ch=32 z=16 codes=64 res_blocks=1 disc_width=16 disc_layers=2"
                + " lpips_widths=[4,8,8,16,16]");
    assertEquals(golden("vqloss_init", "disc."), Library.stored(model, "discriminator."));
    assertEquals(golden("lpips_narrow", "param."), Library.stored(model, "lpips."));
    Map<String, List<Integer>> vq = Library.stored(model, "");
    vq.keySet().removeIf(p -> p.matches("(discriminator|lpips)[.].*|.*codebook_used"));
    assertEquals(golden("vqloss_init", "vq."), vq);
  }

  @Test
  void realPerceptualHeads() throws IOException {
    Map<String, List<Integer>> heads = Library.stored(Library.model("vq", "VQ16", ""), "lpips.");
    heads.keySet().removeIf(p -> !p.startsWith("lin"));
    assertEquals(golden("lpips_lin_real", ""), heads);
  }

  @Test
  void patchGan() throws IOException {
    CheckedModel model =
        Library.written(
            "import \"gan.arch\" model Patches() { d = PatchGAN(width: 16, layers: 2) }",
            "Patches");
    assertEquals(golden("patchgan", "param."), Library.stored(model, "d."));
  }

  @Test
  void styleGan() throws IOException {
    CheckedModel model =
        Library.written(
            "import \"gan.arch\" model M() { d = StyleGANDiscriminator(32, 3, [8, 12, 16, 16]) }",
            "M");
    assertEquals(golden("stylegan_narrow", "param."), Library.stored(model, "d."));
  }

  /**
   * The shapes that a golden file stores under a prefix, without those that the library computes or
   * does not need.
   */
  private static Map<String, List<Integer>> golden(String file, String prefix) throws IOException {
    Map<String, List<Integer>> shapes = new TreeMap<>();
    Safetensors.shapes(Library.shared("golden/" + file + ".safetensors"))
        .forEach(
            (name, shape) -> {
              if (name.startsWith(prefix)) {
                shapes.put(name.substring(prefix.length()), shape);
              }
            });
    shapes
        .keySet()
        .removeIf(
            n -> n.matches(".*[.]num_batches_tracked|.*[.]downsample[.]0[.]f|scaling_layer[.].*"));
    return shapes;
  }
}
