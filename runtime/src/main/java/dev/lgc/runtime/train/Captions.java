package dev.lgc.runtime.train;

import dev.lgc.dsl.text.Text;
import dev.lgc.dsl.type.TensorType;
import dev.lgc.runtime.data.CodeCache;
import dev.lgc.runtime.data.TextFeatures;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.InputKind;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * The captions of the pictures of a code cache. A picture without one does not count, where the
 * model has an input {@code valid}.
 */
final class Captions implements AutoCloseable {
  private final TextFeatures features;
  private final int[] rows;

  /**
   * @param rows for each picture its caption, or -1
   */
  private Captions(TextFeatures features, int[] rows) {
    this.features = features;
    this.rows = rows;
  }

  /**
   * Opens those of {@code cache}: found by name if the file names what its captions belong to, else
   * caption i is of picture i.
   *
   * @param batch what the model takes
   * @param warn is told of pictures without a caption
   */
  static Captions open(Path path, CodeCache cache, Batch batch, Consumer<String> warn) {
    TensorType type = batch.type(InputKind.CAPTION);
    if (type == null) {
      throw BadInputException.in(
          path, "captions (`codes.captions`)", "a model that takes them", "remove the setting");
    }
    TextFeatures features = TextFeatures.open(path);
    try {
      features.requireWidth(type.shape().dim(2));
      Captions found = new Captions(features, rows(features, cache));
      found.requireSome(batch.type(InputKind.VALID) != null, warn);
      return found;
    } catch (RuntimeException | Error e) {
      features.close();
      throw e;
    }
  }

  private static int[] rows(TextFeatures features, CodeCache cache) {
    int[] rows = new int[cache.info().count()];
    if (features.names().isEmpty()) {
      if (features.size() != rows.length) {
        throw BadInputException.in(
            features.path(),
            features.size() + " captions without names",
            rows.length + ", one for each picture of the codes, in their order",
            "or name them: metadata `names`, a JSON list");
      }
      for (int i = 0; i < rows.length; i++) {
        rows[i] = features.length(i) > 0 ? i : -1;
      }
      return rows;
    }
    List<String> pictures = cache.names();
    if (pictures.isEmpty()) {
      throw BadInputException.in(
          features.path(),
          "captions by name",
          "codes that know the names of their pictures",
          "run lgc tokenize again");
    }
    Map<String, Integer> byName = new HashMap<>();
    for (int i = 0; i < features.size(); i++) {
      byName.put(features.names().get(i), i);
    }
    for (int i = 0; i < rows.length; i++) {
      String name = pictures.get(i);
      Integer row = byName.getOrDefault(name, byName.get(withoutEnding(name)));
      rows[i] = row == null || features.length(row) == 0 ? -1 : row;
    }
    return rows;
  }

  private static String withoutEnding(String name) {
    int dot = name.lastIndexOf('.');
    return dot > name.lastIndexOf('/') + 1 ? name.substring(0, dot) : name;
  }

  private void requireSome(boolean mayMiss, Consumer<String> warn) {
    int missing = 0;
    for (int row : rows) {
      missing += row < 0 ? 1 : 0;
    }
    if (missing == rows.length) {
      throw BadInputException.in(
          features.path(),
          "none of its captions is of a picture of the codes",
          "names such as those of the pictures, " + example(),
          "");
    }
    if (missing > 0 && !mayMiss) {
      throw BadInputException.in(
          features.path(),
          Text.format("no caption for %d of %d pictures", missing, rows.length),
          "one for each, for the model has no input `valid`",
          "");
    }
    if (missing > 0) {
      warn.accept(
          Text.format(
              "%s: no caption for %d of %d pictures, which do not count",
              features.path(), missing, rows.length));
    }
  }

  private String example() {
    return features.names().isEmpty() ? "in their order" : "not " + features.names().getFirst();
  }

  /** Writes the caption of a picture, zeros if it has none, to a row of the batch. */
  void write(int picture, int row, Batch batch) {
    int caption = rows[picture];
    TensorType type = batch.type(InputKind.CAPTION);
    int tokens = type.shape().dim(1);
    if (caption >= 0) {
      features.features(caption, tokens, row, batch.get(InputKind.CAPTION));
    } else {
      long bytes = 4L * tokens * type.shape().dim(2);
      batch.get(InputKind.CAPTION).asSlice(row * bytes, bytes).fill((byte) 0);
    }
    if (batch.type(InputKind.MASK) != null) {
      MemorySegment mask = batch.get(InputKind.MASK);
      if (caption >= 0) {
        features.mask(caption, tokens, row, mask);
      } else {
        mask.asSlice((long) row * tokens, tokens).fill((byte) 0);
      }
    }
    if (batch.type(InputKind.VALID) != null) {
      batch.get(InputKind.VALID).set(ValueLayout.JAVA_BYTE, row, (byte) (caption < 0 ? 0 : 1));
    }
  }

  /** The features, all of them. */
  TextFeatures features() {
    return features;
  }

  /** Some captions, evenly spread over the pictures that have one. */
  int[] some(int count) {
    int[] with = Arrays.stream(rows).filter(r -> r >= 0).toArray();
    return IntStream.of(EvenIndices.of(count, with.length)).map(i -> with[i]).toArray();
  }

  @Override
  public void close() {
    features.close();
  }
}
