package dev.lgc.runtime.data.decode;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Predictors that the samples of a TIFF cannot have. */
@Tag("pure")
final class TiffPredictorTest {
  private static final int DEFLATE = 8;

  /** A grey TIFF of eight pixels in a row. */
  private static ByteBuffer file(int bits, int predictor) {
    byte[] packed = new byte[64];
    Deflater deflater = new Deflater();
    deflater.setInput(new byte[bits]);
    deflater.finish();
    int size = deflater.deflate(packed);
    deflater.end();
    int[][] entries = {
      {TiffDirectory.WIDTH, 8},
      {TiffDirectory.HEIGHT, 1},
      {TiffDirectory.BITS, bits},
      {TiffDirectory.COMPRESSION, DEFLATE},
      {TiffDirectory.PHOTOMETRIC, 1},
      {TiffDirectory.STRIP_OFFSETS, 8},
      {TiffDirectory.SAMPLES, 1},
      {TiffDirectory.STRIP_BYTES, size},
      {TiffDirectory.PREDICTOR, predictor}
    };
    ByteBuffer b = ByteBuffer.allocate(256).order(ByteOrder.LITTLE_ENDIAN);
    b.put((byte) 'I').put((byte) 'I').putShort((short) 42).putInt(8 + packed.length).put(packed);
    b.putShort((short) entries.length);
    for (int[] e : entries) {
      b.putShort((short) e[0]).putShort((short) 3).putInt(1).putInt(e[1]);
    }
    return b.order(ByteOrder.BIG_ENDIAN);
  }

  /** Counts the pixels of black rows. */
  private static int read(int bits, int predictor) throws ImageException {
    int[] black = {0};
    PixelSink sink =
        new PixelSink() {
          @Override
          public void begin(int width, int height) {
            assertEquals(8, width);
          }

          @Override
          public void row(byte[] rgb) {
            for (int i = 0; i < 3 * 8; i++) {
              black[0] += rgb[i] == 0 ? 1 : 0;
            }
          }
        };
    Decoder.decode(file(bits, predictor), new DecodeLimit(1 << 20), sink);
    return black[0] / 3;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 8})
  void samplesOfFewBitsAreNoFloatingPointNumbers(int bits) throws ImageException {
    assertEquals(8, read(bits, 1), "as it is without a predictor");
    ImageException e = assertThrows(ImageException.class, () -> read(bits, 3));
    assertEquals(
        "a predictor of floating-point numbers for samples of " + bits + " bits", e.getMessage());
  }
}
