package dev.lgc.runtime.data.decode;

import dev.lgc.dsl.text.Text;

/**
 * The memory that decoding one image may take beside its rows, so that a small file cannot ask for
 * all there is.
 *
 * @param bytes at most
 */
public record DecodeLimit(long bytes) {
  /** Half of the heap. */
  public static DecodeLimit ofHeap() {
    return new DecodeLimit(Runtime.getRuntime().maxMemory() / 2);
  }

  /** Refuses an image of {@code width} by {@code height} whose decoder needs more. */
  void require(long needed, int width, int height) throws ImageException {
    if (needed > bytes) {
      throw ImageException.unsupported(
          Text.format(
              "%d by %d pixels take %d MiB to decode, and there are %d",
              width, height, (needed >> 20) + 1, bytes >> 20));
    }
  }
}
