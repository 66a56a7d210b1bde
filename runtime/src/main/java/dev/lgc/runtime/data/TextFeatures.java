package dev.lgc.runtime.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.SafetensorsFile;
import dev.lgc.runtime.io.TensorEntry;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * The features that a text encoder made of captions, once and elsewhere: a safetensors file, mapped
 * into memory.
 *
 * <pre>
 *   features   [n, t, width], any floating type
 *   mask       [n, t], 1 where there is text; the text of a caption is in one piece
 *   lengths    [n], instead of mask: text is in the first so many positions
 *   metadata   names: JSON list of n texts, what the captions belong to; may be missing
 * </pre>
 *
 * <p>Models take captions left-padded. Wherever the text is in the file, it is delivered at the end
 * of a row, after zeros; of text that is too long, the first tokens are. Features need not be
 * finite where there is no text.
 */
public final class TextFeatures implements AutoCloseable {
  private final SafetensorsFile file;
  private final TensorEntry features;
  private final int[] begin;
  private final int[] length;
  private final List<String> names;

  private TextFeatures(SafetensorsFile file) {
    this.file = file;
    this.features = file.tensor("features");
    if (features.shape().length != 3 || features.elements() == 0) {
      throw wrong(features, "[n, tokens, width]");
    }
    this.begin = new int[size()];
    this.length = new int[size()];
    if (file.contains("mask")) {
      readMask(file.tensor("mask"));
    } else if (file.contains("lengths")) {
      readLengths(file.tensor("lengths"));
    } else {
      throw BadInputException.in(
          file.path(),
          "the file does not say which features belong to text",
          "a tensor `mask` [n, tokens] or `lengths` [n]",
          "");
    }
    this.names = readNames();
  }

  /**
   * Opens and checks a file.
   *
   * @throws BadInputException if it is missing or not as described above
   */
  public static TextFeatures open(Path path) {
    SafetensorsFile file = SafetensorsFile.open(path);
    try {
      return new TextFeatures(file);
    } catch (RuntimeException | Error e) {
      file.close();
      throw e;
    }
  }

  private void readMask(TensorEntry mask) {
    int tokens = Math.toIntExact(features.shape()[1]);
    if (!Arrays.equals(mask.shape(), new long[] {size(), tokens})) {
      throw wrong(mask, Text.format("[%d, %d], as features", size(), tokens));
    }
    for (int i = 0; i < size(); i++) {
      int end = 0;
      for (int t = 0; t < tokens; t++) {
        if (mask.numberAt((long) i * tokens + t) == 0) {
          continue;
        }
        if (length[i] > 0 && end != t) {
          throw BadInputException.in(
              file.path(),
              Text.format("the mask of caption %d has a gap at token %d", i, end),
              "contiguous text",
              "pad captions on one side");
        }
        if (length[i] == 0) {
          begin[i] = t;
        }
        length[i]++;
        end = t + 1;
      }
    }
  }

  private void readLengths(TensorEntry lengths) {
    long tokens = features.shape()[1];
    if (!Arrays.equals(lengths.shape(), new long[] {size()})) {
      throw wrong(lengths, Text.format("[%d], as features", size()));
    }
    for (int i = 0; i < size(); i++) {
      double n = lengths.numberAt(i);
      if (!(n >= 0 && n <= tokens)) {
        throw BadInputException.in(
            file.path(), Text.format("caption %d has %s tokens", i, n), "0 to " + tokens, "");
      }
      length[i] = (int) n;
    }
  }

  private List<String> readNames() {
    String json = file.metadata().get("names");
    if (json == null) {
      return List.of();
    }
    try {
      List<String> all = List.of(new ObjectMapper().readValue(json, String[].class));
      if (all.size() == size()) {
        return all;
      }
      throw BadInputException.in(
          file.path(), all.size() + " names in its metadata", size() + ", as features", "");
    } catch (JsonProcessingException | NullPointerException e) {
      throw new BadInputException(
          file.path() + ": the names in its metadata cannot be read",
          "a JSON list of texts",
          "",
          e);
    }
  }

  private BadInputException wrong(TensorEntry t, String expected) {
    return BadInputException.in(
        file.path(), t.name() + " is " + Arrays.toString(t.shape()), expected, "");
  }

  /** The number of captions. */
  public int size() {
    return Math.toIntExact(features.shape()[0]);
  }

  /** Numbers of a token. */
  public int width() {
    return Math.toIntExact(features.shape()[2]);
  }

  /** Tokens of caption {@code i}: 0 if it is empty. */
  public int length(int i) {
    return length[i];
  }

  /** The names of what the captions belong to, in their order; empty if the file has none. */
  public List<String> names() {
    return names;
  }

  /**
   * Refuses features of another width.
   *
   * @throws BadInputException if a token has not {@code width} numbers
   */
  public void requireWidth(int width) {
    if (width() != width) {
      throw BadInputException.in(
          file.path(),
          "features of width " + width(),
          width + ", which the model takes",
          "were they computed by the model's text encoder?");
    }
  }

  /**
   * Writes the features of caption {@code i}, after as many zeros as are missing.
   *
   * @param into f32 {@code [rows, tokens, width]}, native order
   */
  public void features(int i, int tokens, int row, MemorySegment into) {
    int kept = Math.min(length[i], tokens);
    int width = width();
    long rowBytes = 4L * tokens * width;
    long padding = 4L * (tokens - kept) * width;
    into.asSlice(row * rowBytes, padding).fill((byte) 0);
    long from = ((long) i * features.shape()[1] + begin[i]) * width;
    features.readFloats(from, into, row * rowBytes + padding, (long) kept * width);
  }

  /**
   * Writes which of the positions that {@link #features} wrote hold text.
   *
   * @param into bool {@code [rows, tokens]}
   */
  public void mask(int i, int tokens, int row, MemorySegment into) {
    int padding = tokens - Math.min(length[i], tokens);
    for (int t = 0; t < tokens; t++) {
      into.set(ValueLayout.JAVA_BYTE, (long) row * tokens + t, (byte) (t < padding ? 0 : 1));
    }
  }

  /** The file of the features. */
  public Path path() {
    return file.path();
  }

  @Override
  public void close() {
    file.close();
  }
}
