package dev.lgc.runtime.data;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lgc.runtime.TestResources;
import dev.lgc.runtime.data.decode.DecodeLimit;
import dev.lgc.runtime.data.decode.Decoder;
import dev.lgc.runtime.data.decode.PixelSink;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An unsound colour profile is named, once, and the pixels beside it are read. */
@Tag("pure")
class UnsoundProfileTest {
  @ParameterizedTest
  @CsvSource({
    "icc_bad_index.jpg, 1",
    "icc_empty.jpg, 1",
    "icc_garbage.jpg, 0",
    "exif_garbage.jpg, 0",
    "baseline_420.jpg, 0",
  })
  void isNamedOnce(String file, int warnings) throws IOException {
    List<String> said = new ArrayList<>();
    int[] rows = new int[1];
    byte[] bytes = Files.readAllBytes(TestResources.path("pictures/" + file));
    PixelSink sink =
        new PixelSink() {
          @Override
          public void begin(int width, int height) {
            rows[0] = -height;
          }

          @Override
          public void row(byte[] rgb) {
            rows[0]++;
          }

          @Override
          public void warn(String what) {
            said.add(what);
          }
        };
    Decoder.decode(ByteBuffer.wrap(bytes), DecodeLimit.ofHeap(), sink);
    assertEquals(0, rows[0]);
    assertEquals(warnings, said.size(), said.toString());
  }
}
