package dev.lgc.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.lgc.dsl.check.Language;
import dev.lgc.dsl.model.Fingerprint;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Weights fit a model of another picture size and batch, and no model that computes otherwise. */
@Tag("pure")
class FingerprintTest {
  private static String fingerprint(String module, String model, String settings) {
    return Fingerprint.of(Library.model(module, model, settings));
  }

  @ParameterizedTest
  @CsvSource({
    "llamagen, ClassToImage, image=384",
    "llamagen, ClassToImage, image=512",
    "llamagen, TextToImage, image=512",
    "vq, VQ16, image=384",
    "vq, VQ8, image=128"
  })
  void picturesOfAnotherSizeHaveTheSameWeights(String module, String model, String settings) {
    assertEquals(fingerprint(module, model, ""), fingerprint(module, model, settings));
  }

  @ParameterizedTest
  @CsvSource({
    "llamagen, ClassToImage, size=L",
    "llamagen, ClassToImage, kv_heads=4",
    "llamagen, ClassToImage, classes=10",
    "llamagen, ClassToImage, rope_base=500000.0",
    "llamagen, ClassToImage, eps=1e-6",
    "llamagen, ClassToImage, dropout=0.0",
    "llamagen, ClassToImage, tokenizer=VQ16(codes: 8192)",
    "vq, VQ16, codes=8192",
    "vq, VQ16, l2_norm=false",
    "vq, VQ16, disc_weight=0.25"
  })
  void whateverChangesTheNumbersChangesIt(String module, String model, String settings) {
    String parameters = settings.replace(": ", ":");
    assertNotEquals(fingerprint(module, model, ""), fingerprint(module, model, parameters));
  }

  /** Twelve heads or six: the same tensors, which mean something else. */
  @Test
  void headsAreNotSeenInTensorsAndCountAllTheSame() {
    String few = "import \"llamagen.arch\"\nvariant Mine of ClassToImage { size.heads = 6 }\n";
    String many = few.replace("6", "24");
    assertNotEquals(
        Fingerprint.of(Library.written(few, "Mine")),
        Fingerprint.of(Library.written(many, "Mine")));
  }

  @ParameterizedTest
  @CsvSource({"llamagen, ClassToImage", "llamagen, TextToImage", "vq, VQ16"})
  void theBatchChangesNothing(String module, String model) {
    Language file = Library.checked(Language.load(module));
    String some = Fingerprint.of(Library.model(module, model, ""));
    for (int batch : new int[] {1, 3, 16}) {
      assertEquals(
          some,
          Fingerprint.of(Library.checked(file.elaborate(model, Map.of(), Map.of("b", batch)))),
          "batch " + batch);
    }
  }
}
