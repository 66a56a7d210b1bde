package dev.lgc.models;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Storage;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The counts of arXiv:2406.06525 and of the reference's comments, in millions. */
@Tag("pure")
class ParameterCountTest {
  @ParameterizedTest
  @CsvSource({
    "B, 110.9",
    "L, 342.9",
    "XL, 774.7",
    "XXL, 1411.0",
    "3B, 3096.7",
    "1B, 1199.6",
    "XXXL, 3893.0",
    "7B, 6614.6"
  })
  void classToImageHasThePublishedSize(String size, double millions) {
    CheckedModel model = Library.model("llamagen", "ClassToImage", "size=" + size);
    assertEquals(millions, model.parameterCount() / 1e6, 0.05);
  }

  @ParameterizedTest
  @CsvSource({"VQ16, 71.9", "VQ8, 70.1"})
  void theTokenizerHasThePublishedSize(String name, double millions) {
    CheckedModel model = Library.model("vq", name, "");
    assertEquals(millions, trained(model, "tokenizer") / 1e6, 0.05);
  }

  @Test
  void theDiscriminatorHasItsUsualSize() {
    assertEquals(2_765_633, trained(Library.model("vq", "VQ16", ""), "discriminator"));
  }

  /** The head of a text model is two matrices instead of a table of classes. */
  @Test
  void textToImageDiffersByItsEmbedder() {
    long text = Library.model("llamagen", "TextToImage", "size=B").parameterCount();
    long label = Library.model("llamagen", "ClassToImage", "size=B").parameterCount();
    assertEquals(2048 * 768 + 768 * 768 - 1001 * 768, text - label);
  }

  private static long trained(CheckedModel model, String objective) {
    Set<String> over = new HashSet<>(model.entry(objective).orElseThrow().over());
    return model.storage().stream()
        .filter(s -> over.contains(s.path()) && s.role() == Storage.Role.PARAMETER)
        .mapToLong(s -> s.type().shape().elements())
        .sum();
  }
}
