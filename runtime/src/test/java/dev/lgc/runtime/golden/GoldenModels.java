package dev.lgc.runtime.golden;

import dev.lgc.dsl.check.Language;
import dev.lgc.dsl.diagnostic.Outcome;
import dev.lgc.dsl.diagnostic.Renderer;
import dev.lgc.dsl.model.CheckedModel;
import java.util.Map;

/** The models the golden tensors were computed with, as a user of the library would write them. */
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

      variant Captions of TextToImage {
        size = (3, 4, 64)
        tokenizer = Tokens
        image = 64
        caption_dim = 48
        multiple_of = 32
        dropout = 0.0
        caption_dropout = 0.0
      }
      """;

  private GoldenModels() {}

  /** The class-conditional generator of 4 x 4 codes. */
  static CheckedModel classToImage(int keyValueHeads, int batch) {
    return model(
        TINY, "Classes", Map.of("kv_heads", Integer.toString(keyValueHeads)), Map.of("b", batch));
  }

  /** The text-conditional generator of 4 x 4 codes. */
  static CheckedModel textToImage(int captionTokens, int batch) {
    return model(
        TINY,
        "Captions",
        Map.of("caption_tokens", Integer.toString(captionTokens)),
        Map.of("b", batch));
  }

  /** The only model of a text. */
  static CheckedModel model(String text) {
    return language(text)
        .then(l -> l.elaborate(l.models().getFirst(), Map.of(), Map.of("b", 2)))
        .get();
  }

  /** Elaborates a model of a text. */
  static CheckedModel model(
      String text, String name, Map<String, String> parameters, Map<String, Integer> dimensions) {
    return language(text).then(l -> l.elaborate(name, parameters, dimensions)).get();
  }

  private static Outcome<Language> language(String text) {
    Outcome<Language> language = Language.parse("golden.arch", text);
    if (!language.isOk()) {
      throw new AssertionError(Renderer.plain(language.diagnostics()));
    }
    return language;
  }
}
