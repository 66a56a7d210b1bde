package dev.lgc.runtime.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.SafetensorsWriter;
import dev.lgc.runtime.io.StoredType;
import dev.lgc.runtime.io.TensorEntry;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Captions reach a model left-padded, however the file has them. */
@Tag("pure")
public final class TextFeaturesTest {
  private static final float NAN = Float.NaN;

  @TempDir private Path dir;

  /** A tensor of numbers. */
  public static TensorEntry tensor(String name, long[] shape, float... values) {
    return new TensorEntry(name, StoredType.F32, shape, MemorySegment.ofArray(values));
  }

  private TextFeatures open(Map<String, String> metadata, TensorEntry... tensors)
      throws IOException {
    Path file = dir.resolve("captions.safetensors");
    SafetensorsWriter.write(file, metadata, List.of(tensors));
    return TextFeatures.open(file);
  }

  /** Two captions of three tokens, two numbers each, with text in two and in three tokens. */
  private static TensorEntry features(boolean left) {
    float[] first = left ? new float[] {NAN, NAN, 1, 2, 3, 4} : new float[] {1, 2, 3, 4, NAN, NAN};
    float[] all = new float[12];
    System.arraycopy(first, 0, all, 0, 6);
    for (int i = 6; i < 12; i++) {
      all[i] = i;
    }
    return tensor("features", new long[] {2, 3, 2}, all);
  }

  private static float[] row(TextFeatures f, int i, int tokens) {
    MemorySegment into = MemorySegment.ofArray(new float[2 * tokens * 2]);
    into.fill((byte) 0x55);
    f.features(i, tokens, 1, into);
    return into.asSlice(8L * tokens).toArray(ValueLayout.JAVA_FLOAT);
  }

  private static byte[] mask(TextFeatures f, int i, int tokens) {
    MemorySegment into = MemorySegment.ofArray(new byte[2 * tokens]);
    f.mask(i, tokens, 1, into);
    return into.asSlice(tokens).toArray(ValueLayout.JAVA_BYTE);
  }

  @Test
  void textIsDeliveredAtTheEndAfterZeros() throws IOException {
    TensorEntry left = tensor("mask", new long[] {2, 3}, 0, 1, 1, 1, 1, 1);
    TensorEntry right = tensor("mask", new long[] {2, 3}, 1, 1, 0, 1, 1, 1);
    TensorEntry lengths = tensor("lengths", new long[] {2}, 2, 3);
    for (TensorEntry[] file :
        new TensorEntry[][] {
          {features(true), left}, {features(false), right}, {features(false), lengths}
        }) {
      try (TextFeatures f = open(Map.of(), file)) {
        assertArrayEquals(new float[] {0, 0, 1, 2, 3, 4}, row(f, 0, 3));
        assertArrayEquals(new byte[] {0, 1, 1}, mask(f, 0, 3));
        assertArrayEquals(new float[] {0, 0, 6, 7, 8, 9, 10, 11}, row(f, 1, 4), "more room");
        assertArrayEquals(new byte[] {0, 1, 1, 1}, mask(f, 1, 4));
        assertArrayEquals(new float[] {6, 7, 8, 9}, row(f, 1, 2), "the first tokens are kept");
        assertArrayEquals(new byte[] {1, 1}, mask(f, 1, 2));
      }
    }
  }

  @Test
  void namesSayWhatCaptionsBelongTo() throws IOException {
    TensorEntry lengths = tensor("lengths", new long[] {2}, 2, 0);
    try (TextFeatures f = open(Map.of("names", "[\"a/1\", \"b\\\"\"]"), features(false), lengths)) {
      assertEquals(List.of("a/1", "b\""), f.names());
      assertEquals(0, f.length(1));
    }
  }

  private void refused(String why, Map<String, String> metadata, TensorEntry... tensors) {
    BadInputException e = assertThrows(BadInputException.class, () -> open(metadata, tensors));
    assertTrue(e.getMessage().contains(why), e.getMessage());
  }

  @Test
  void whatCannotBeMeantIsRefused() throws IOException {
    TensorEntry f = features(false);
    TensorEntry lengths = tensor("lengths", new long[] {2}, 2, 3);
    refused("does not say which features belong to text", Map.of(), f);
    refused("gap at token 1", Map.of(), f, tensor("mask", new long[] {2, 3}, 1, 0, 1, 1, 1, 1));
    refused("expected [2, 3]", Map.of(), f, tensor("mask", new long[] {3, 2}, 1, 1, 1, 1, 1, 1));
    refused("caption 1 has 4.0", Map.of(), f, tensor("lengths", new long[] {2}, 2, 4));
    refused("expected [n, tokens, width]", Map.of(), tensor("features", new long[] {1}, 1));
    refused("1 names", Map.of("names", "[\"a\"]"), f, lengths);
    refused("cannot be read", Map.of("names", "[null, 1"), f, lengths);
    try (TextFeatures ok = open(Map.of(), f, lengths)) {
      assertThrows(BadInputException.class, () -> ok.requireWidth(3));
    }
  }
}
