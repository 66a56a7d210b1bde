package dev.lgc.runtime.sample;

import dev.lgc.runtime.data.Crops;
import dev.lgc.runtime.data.Picture;
import dev.lgc.runtime.data.PictureReader;
import dev.lgc.runtime.data.PictureSource;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.report.PictureMetrics;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * Pictures through a tokenizer and back, and how much is left of them.
 *
 * @param count how many pictures
 * @param psnr mean peak signal-to-noise ratio in decibels
 * @param ssim mean structural similarity
 * @param usage share of the codebook that occurred
 * @param originals the first few
 * @param reconstructions of these
 */
public record Reconstruction(
    int count,
    double psnr,
    double ssim,
    double usage,
    List<Picture> originals,
    List<Picture> reconstructions) {

  /**
   * Reconstructs the centre crops of {@code source}, but for pictures that cannot be read.
   *
   * @param tokenizer with {@code encode} and {@code decode}
   * @param shown how many pictures to keep
   * @throws BadInputException if none can be read, or a hundred in a row cannot
   */
  public static Reconstruction of(
      Tokenizer tokenizer, PictureSource source, int shown, LongConsumer progress) {
    int side = tokenizer.side();
    Crops crops = new Crops();
    Picture whole = Picture.forCrops(side);
    BitSet used = new BitSet(tokenizer.codebook());
    List<Picture> originals = new ArrayList<>();
    List<Picture> back = new ArrayList<>();
    double psnr = 0;
    double ssim = 0;
    PictureReader reader = new PictureReader(source);
    int next = 0;
    int n = 0;
    while (next < source.size()) {
      List<Picture> cut = new ArrayList<>();
      for (; next < source.size() && cut.size() < tokenizer.batch(); next++) {
        if (reader.read(next, whole)) {
          Picture square = new Picture();
          crops.center(whole, side, square);
          tokenizer.put(square, cut.size());
          cut.add(square);
        }
      }
      int rows = cut.size();
      if (rows == 0) {
        break;
      }
      MemorySegment encoded = tokenizer.encode();
      int[][] codes = new int[rows][];
      for (int r = 0; r < rows; r++) {
        codes[r] = tokenizer.row(encoded, r);
        for (int code : codes[r]) {
          used.set(code);
        }
      }
      List<Picture> decoded = tokenizer.decode(codes);
      for (int r = 0; r < rows; r++) {
        psnr += PictureMetrics.psnr(cut.get(r), decoded.get(r));
        ssim += PictureMetrics.ssim(cut.get(r), decoded.get(r), PictureMetrics.Window.UNIFORM_7);
        if (originals.size() < shown) {
          originals.add(cut.get(r));
          back.add(decoded.get(r));
        }
      }
      n += rows;
      progress.accept(next);
    }
    if (n == 0) {
      throw new BadInputException("none of the pictures can be read", "at least one", "");
    }
    double usage = used.cardinality() / (double) tokenizer.codebook();
    return new Reconstruction(n, psnr / n, ssim / n, usage, originals, back);
  }

  /** Rows of {@code columns} originals, each above the row of their reconstructions. */
  public List<Picture> rows(int columns) {
    List<Picture> all = new ArrayList<>();
    for (int first = 0; first < originals.size(); first += columns) {
      int end = Math.min(first + columns, originals.size());
      all.addAll(originals.subList(first, end));
      for (int i = end; i < first + columns; i++) {
        all.add(new Picture(1, 1));
      }
      all.addAll(reconstructions.subList(first, end));
      for (int i = end; i < first + columns; i++) {
        all.add(new Picture(1, 1));
      }
    }
    return all;
  }
}
