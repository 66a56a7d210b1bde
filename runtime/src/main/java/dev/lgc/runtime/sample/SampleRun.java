package dev.lgc.runtime.sample;

import dev.lgc.runtime.data.Picture;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

/**
 * Draws any number of samples, a batch at a time, and hands each on as it is done, so that memory
 * does not grow with their number. What is there already is not drawn again. Batches begin at
 * multiples of the batch, whatever is there: a run that was interrupted computes each sample beside
 * the same others, and so to the same bit.
 */
final class SampleRun {
  private final Sampler sampler;
  private final int count;
  private final Optional<Tokenizer> tokenizer;
  private final Outputs outputs;
  private final Picture[] kept;
  private int drawn;
  private long nanos;

  /**
   * The files that samples are written to.
   *
   * @param pictures a file each
   * @param codes all in one file
   * @param kept how many of the first pictures {@link #pictures} gives
   */
  record Outputs(Optional<PictureFolder> pictures, Optional<CodesFile> codes, int kept) {}

  /**
   * @param count of samples
   * @param tokenizer decodes; empty if only codes are wanted
   */
  SampleRun(Sampler sampler, int count, Optional<Tokenizer> tokenizer, Outputs outputs) {
    this.sampler = sampler;
    this.count = count;
    this.tokenizer = tokenizer;
    this.outputs = outputs;
    this.kept = new Picture[outputs.kept];
  }

  /**
   * Draws what is not there yet, in the order of the samples' numbers.
   *
   * @param stop asked after each code: what is done by then is kept
   * @param progress is told how many codes are there, at first how many were there before
   * @return how many of the first samples are there
   */
  int run(BooleanSupplier stop, LongConsumer progress) throws IOException {
    int batch = sampler.batch();
    try (SampleWriter writer =
        outputs.pictures.map(p -> new SampleWriter(p, waiting(batch))).orElse(null)) {
      int first = 0;
      while (first < count && isThere(first, rows(first))) {
        first += rows(first);
      }
      for (int rows; first < count; first += rows) {
        rows = rows(first);
        progress.accept((long) first * sampler.length());
        if (stop.getAsBoolean() || !chunk(first, rows, writer, stop, progress)) {
          break;
        }
      }
      if (writer != null) {
        writer.await();
      }
      int there = Math.min(first, count);
      progress.accept((long) there * sampler.length());
      return there;
    }
  }

  /** Pictures in memory at once beside those that are kept: a batch, and those that wait. */
  static long held(int batch) {
    return (long) batch + waiting(batch);
  }

  /** Most pictures that wait to be written. */
  private static int waiting(int batch) {
    return 2 * batch;
  }

  private int rows(int first) {
    return Math.min(sampler.batch(), count - first);
  }

  private boolean isThere(int first, int rows) throws IOException {
    return !codesMissing(first, rows) && missing(first, rows).isEmpty();
  }

  private boolean codesMissing(int first, int rows) {
    return outputs.codes.isPresent() && outputs.codes.get().samples() < first + rows;
  }

  /** The samples of a batch whose pictures are missing. */
  private List<Integer> missing(int first, int rows) throws IOException {
    List<Integer> missing = new ArrayList<>();
    for (int i = first; i < first + rows; i++) {
      if (outputs.pictures.isPresent() ? !outputs.pictures.get().has(i) : i < kept.length) {
        missing.add(i);
      }
    }
    return missing;
  }

  /** Draws a batch, unless all of it is there; false if it was stopped. */
  private boolean chunk(
      int first, int rows, SampleWriter writer, BooleanSupplier stop, LongConsumer progress)
      throws IOException {
    boolean codesMissing = codesMissing(first, rows);
    List<Integer> missing = missing(first, rows);
    if (!codesMissing && missing.isEmpty()) {
      return true;
    }
    long begin = System.nanoTime();
    long before = (long) first * sampler.length();
    Optional<int[][]> codes =
        sampler.draw(first, rows, stop, done -> progress.accept(before + done));
    if (codes.isEmpty()) {
      return false;
    }
    nanos += System.nanoTime() - begin;
    drawn += rows;
    if (!missing.isEmpty()) {
      Optional<List<Picture>> pictures = tokenizer.orElseThrow().decode(codes.get(), stop);
      if (pictures.isEmpty()) {
        return false;
      }
      for (int i : missing) {
        Picture p = pictures.get().get(i - first);
        if (i < kept.length) {
          kept[i] = p;
        }
        if (writer != null) {
          writer.add(i, p);
        }
      }
    }
    if (codesMissing) {
      int there = outputs.codes.get().samples() - first; // of this batch
      outputs.codes.get().append(Arrays.copyOfRange(codes.get(), there, rows));
    }
    return true;
  }

  /** The number of samples that {@link #run} drew. */
  int drawn() {
    return drawn;
  }

  /** Codes that it drew in a second. */
  double codesPerSecond() {
    return (double) drawn * sampler.length() / (nanos * 1e-9);
  }

  /** The first pictures, as many as are there and are kept. */
  List<Picture> pictures(int there) {
    int count = Math.min(there, kept.length);
    for (int i = 0; i < count; i++) {
      if (kept[i] == null) {
        kept[i] = outputs.pictures.orElseThrow().read(i);
      }
    }
    return Arrays.asList(kept).subList(0, count);
  }
}
