package dev.lgc.runtime.data.decode;

import dev.lgc.dsl.text.Scaled;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.memory.MemoryBound;
import dev.lgc.runtime.memory.MemoryBounds;
import java.util.concurrent.Semaphore;

/**
 * The coefficients of JPEGs that come in several scans: libjpeg keeps those of the whole picture,
 * outside of the heap. All threads together keep no more than {@link #SHARED} bytes of them, or one
 * picture's if it has more: whoever would exceed that waits. What does not fit into the memory that
 * is left is refused before anything of it is allocated.
 */
final class Coefficients implements AutoCloseable {
  /** Bytes for all threads together: sixteen pictures of 5 megapixels with halved colour. */
  static final long SHARED = 256L << 20;

  /** Fewer bytes are not worth asking the system whether it has them. */
  private static final long LARGE = 16L << 20;

  private static final long UNIT = 1L << 20;
  private static final int BLOCK = 128;

  /** One permit for each mebibyte; fair, so that a large picture has its turn. */
  private static final Semaphore PERMITS = new Semaphore((int) (SHARED / UNIT), true);

  private final int permits;

  private Coefficients(int permits) {
    this.permits = permits;
  }

  /**
   * Waits until a picture's coefficients may be allocated; they may be until it is closed.
   *
   * @throws ImageException if they do not fit into the memory there is
   */
  static Coefficients of(JpegHeader header) throws ImageException {
    long bytes = header.isKeptWhole() ? BLOCK * header.blocks() : 0;
    Coefficients held = reserve(bytes);
    try {
      if (bytes >= LARGE) {
        require(bytes, header.width(), header.height(), MemoryBounds.here());
      }
      return held;
    } catch (ImageException | RuntimeException | Error e) {
      held.close();
      throw e;
    }
  }

  /** Waits for a share of {@link #SHARED}; for all of it if {@code bytes} are more. */
  static Coefficients reserve(long bytes) {
    int permits = (int) (Math.min(bytes, SHARED) / UNIT);
    PERMITS.acquireUninterruptibly(permits);
    return new Coefficients(permits);
  }

  /** Refuses what does not fit: for good if it never can, and for now if others have the memory. */
  static void require(long bytes, int width, int height, MemoryBounds bounds)
      throws ImageException {
    for (MemoryBound b : bounds.all()) {
      if (bytes <= b.availableWithSwap()) {
        continue;
      }
      String what =
          Text.format(
              "%d by %d pixels in several scans take %s to decode, and there are %s within %s",
              width,
              height,
              Scaled.bytes(bytes),
              Scaled.bytes(b.availableWithSwap()),
              b.text(bounds.resident()));
      throw bytes > b.limit() + b.swap()
          ? ImageException.unsupported(what)
          : ImageException.passing(what);
    }
  }

  @Override
  public void close() {
    PERMITS.release(permits);
  }
}
