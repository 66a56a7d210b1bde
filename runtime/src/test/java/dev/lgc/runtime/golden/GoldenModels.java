package dev.lgc.runtime.golden;

import dev.lgc.dsl.check.Language;
import dev.lgc.dsl.diagnostic.Outcome;
import dev.lgc.dsl.diagnostic.Renderer;
import dev.lgc.dsl.model.CheckedModel;
import java.util.Map;

/** The models the golden tensors were computed with, as a user of the library would name them. */
final class GoldenModels {
  private static final String TINY =
      """
      import "llamagen.arch"

      variant Tokens of VQ { codes = 128 }

      variant Classes of ClassToImage {
        size = (3, 4, 64)
        tokenizer = Tokens
        image = 64
        classes = 10
        multiple_of = 32
        dropout = 0.0
        label_dropout = 0.0
      }
      """;

  private GoldenModels() {}

  /** The class-conditional generator of 4 x 4 codes. */
  static CheckedModel classToImage(int keyValueHeads, int batch) {
    return model(
        TINY, "Classes", Map.of("kv_heads", Integer.toString(keyValueHeads)), Map.of("b", batch));
  }

  /** Elaborates a model of a text. */
  static CheckedModel model(
      String text, String name, Map<String, String> parameters, Map<String, Integer> dimensions) {
    Outcome<CheckedModel> model =
        Language.parse("golden.arch", text).then(l -> l.elaborate(name, parameters, dimensions));
    if (!model.isOk()) {
      throw new AssertionError(Renderer.plain(model.diagnostics()));
    }
    return model.get();
  }
}
