package dev.lgc.runtime.io;

import dev.lgc.dsl.text.Text;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * A tensor of a file, read in large parts instead of through the file's mapping. Mapping a page
 * costs the system several times as much as copying it, and mapped pages count as memory of the
 * process. A tensor of a sharded checkpoint lies in several files, as its blocks.
 *
 * <p>Data is checked as it is read, while it is in the processor's cache: {@link #check} and {@link
 * #checkRead} then say whether the bytes are those that were written, and the numbers are finite.
 *
 * <p>For one thread at a time.
 */
public final class FileTensor implements FloatSource {
  private final Path path;
  private final TensorInfo info;
  private final List<FilePart> parts;

  /** The first element of each part, and after the last. */
  private final long[] begins;

  /**
   * @param path of the file, for messages
   * @param parts of the tensor, one after the other
   */
  FileTensor(Path path, TensorInfo info, List<FilePart> parts) {
    this.path = path;
    this.info = info;
    this.parts = parts;
    this.begins = new long[parts.size() + 1];
    for (int p = 0; p < parts.size(); p++) {
      begins[p + 1] = begins[p] + parts.get(p).elements();
    }
  }

  @Override
  public long elements() {
    return begins[parts.size()];
  }

  @Override
  public void readFloats(long from, MemorySegment into, long offset, long count) {
    Objects.checkFromIndexSize(from, count, elements());
    MemorySegment to = into.asSlice(offset, Float.BYTES * count);
    for (int p = 0; p < parts.size(); p++) {
      long begin = Math.max(from, begins[p]);
      long n = Math.min(from + count, begins[p + 1]) - begin;
      if (n > 0) {
        MemorySegment some = to.asSlice(Float.BYTES * (begin - from), Float.BYTES * n);
        parts.get(p).readFloats(begin - begins[p], some);
      }
    }
  }

  /** Reads everything, and checks it. */
  void readAll() {
    int part = (int) FilePart.STAGED / Float.BYTES;
    MemorySegment floats = MemorySegment.ofArray(new float[(int) Math.min(part, elements())]);
    for (long at = 0; at < elements(); at += part) {
      readFloats(at, floats, 0, Math.min(part, elements() - at));
    }
    check();
  }

  /**
   * Checks the whole tensor: its bytes, if the file says their checksum, and the numbers that
   * {@link #readFloats} gave.
   *
   * @throws DamagedFileException if the bytes are not those that were written
   * @throws BadInputException if there are numbers that are not finite, naming the first
   */
  public void check() {
    parts.forEach(FilePart::checkBytes);
    requireFinite();
  }

  /**
   * Checks what was read, and the rest of each part that some of it lies in. A part is what one
   * file has of the tensor, which has one checksum: a block of a sharded checkpoint, otherwise the
   * whole tensor. So the ranks that read the blocks of a tensor check all of it together, and each
   * reads no more than its own blocks if there are as many ranks as there were, or fewer.
   *
   * @throws DamagedFileException if the bytes are not those that were written
   * @throws BadInputException if there are numbers that are not finite, naming the first
   */
  public void checkRead() {
    parts.stream().filter(FilePart::wasRead).forEach(FilePart::checkBytes);
    requireFinite();
  }

  private void requireFinite() {
    if (parts.stream().anyMatch(FilePart::isSuspicious)) {
      throw notFinite();
    }
  }

  private BadInputException notFinite() {
    long bad = 0;
    long first = -1;
    float value = 0;
    for (int p = 0; p < parts.size(); p++) {
      FilePart part = parts.get(p);
      for (long i = 0; i < part.elements(); i++) {
        if (!Float.isFinite(part.at(i))) {
          if (bad == 0) {
            first = begins[p] + i;
            value = part.at(i);
          }
          bad++;
        }
      }
    }
    return BadInputException.in(
        path,
        Text.format(
            "%s: %d of %d numbers are NaN or infinite, the first, %s, at %s",
            info.name(), bad, elements(), value, place(first)),
        "finite numbers",
        "the training of these weights failed: take an earlier checkpoint or other weights");
  }

  /** The indices of an element. */
  private String place(long element) {
    long[] shape = info.shape();
    long rest = element;
    for (int i = shape.length - 1; i >= 0; i--) {
      long size = shape[i];
      shape[i] = rest % size;
      rest /= size;
    }
    return Arrays.toString(shape);
  }
}
