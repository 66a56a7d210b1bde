package dev.lgc.runtime.data;

import dev.lgc.dsl.text.Text;
import java.util.List;
import java.util.Objects;

/**
 * The facts of a code cache.
 *
 * @param fingerprint of the tokenizer that made the codes, in hexadecimal
 * @param gridHeight rows of codes in a picture
 * @param gridWidth codes in a row
 * @param codebook K: codes are in [0, K)
 * @param crops versions of each picture (10 for a ten-crop, 2 for a picture and its mirror image)
 * @param count pictures
 * @param classes names by label; empty if not known
 */
public record CodeCacheInfo(
    String fingerprint,
    int gridHeight,
    int gridWidth,
    int codebook,
    int crops,
    int count,
    List<String> classes) {

  /** Refuses what cannot be stored: sizes below 1, more than 2^24 codes a picture. */
  public CodeCacheInfo {
    Objects.requireNonNull(fingerprint);
    classes = List.copyOf(classes);
    if (gridHeight < 1 || gridWidth < 1 || codebook < 1 || crops < 1 || count < 0) {
      throw new IllegalArgumentException(
          Text.format(
              "grid %d by %d, %d codes, %d crops, %d pictures",
              gridHeight, gridWidth, codebook, crops, count));
    }
    if ((double) gridHeight * gridWidth * crops > 1 << 24) {
      throw new IllegalArgumentException("more than 2^24 codes a picture");
    }
  }

  /** Codes of one crop: the cells of the grid. */
  public int tokens() {
    return gridHeight * gridWidth;
  }

  /** Bytes in which a code is stored: 1 to 4, the fewest that hold K - 1. */
  public int bytesPerCode() {
    return Math.max(1, (Integer.SIZE - Integer.numberOfLeadingZeros(codebook - 1) + 7) / 8);
  }

  /** Bytes of all codes. */
  public long codeBytes() {
    return (long) count * crops * tokens() * bytesPerCode();
  }

  /** The same with another number of pictures. */
  public CodeCacheInfo withCount(int count) {
    return new CodeCacheInfo(fingerprint, gridHeight, gridWidth, codebook, crops, count, classes);
  }
}
