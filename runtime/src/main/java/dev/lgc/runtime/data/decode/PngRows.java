package dev.lgc.runtime.data.decode;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** The rows of a PNG: inflated, and their filters undone. */
final class PngRows implements AutoCloseable {
  private final List<ByteBuffer> data;
  private final int step;
  private final Inflater inflater = new Inflater();
  private int chunk;
  private byte[] row = {};
  private byte[] above = {};
  private final byte[] filter = new byte[1];

  /**
   * @param data the chunks of compressed rows
   * @param step bytes from a pixel to the next, at least 1
   */
  PngRows(List<ByteBuffer> data, int step) {
    this.data = data;
    this.step = step;
  }

  /** Rows of {@code stride} bytes follow. */
  void begin(long stride) {
    row = new byte[Math.toIntExact(stride)];
    above = new byte[row.length];
  }

  /** The next row, which stays as it is until the row after it is asked for. */
  byte[] next() throws ImageException {
    byte[] old = above;
    above = row;
    row = old;
    inflate(filter);
    inflate(row);
    switch (filter[0]) {
      case 0 -> {}
      case 1 -> {
        for (int i = step; i < row.length; i++) {
          row[i] += row[i - step];
        }
      }
      case 2 -> {
        for (int i = 0; i < row.length; i++) {
          row[i] += above[i];
        }
      }
      case 3 -> {
        for (int i = 0; i < row.length; i++) {
          int left = i < step ? 0 : row[i - step] & 0xff;
          row[i] += (byte) (left + (above[i] & 0xff) >> 1);
        }
      }
      case 4 -> paeth();
      default -> throw ImageException.damaged("a row has an unknown filter");
    }
    return row;
  }

  private void paeth() {
    for (int i = 0; i < Math.min(step, row.length); i++) {
      row[i] += above[i];
    }
    for (int i = step; i < row.length; i++) {
      int a = row[i - step] & 0xff;
      int b = above[i] & 0xff;
      int c = above[i - step] & 0xff;
      int pa = Math.abs(b - c);
      int pb = Math.abs(a - c);
      int pc = Math.abs(a + b - 2 * c);
      row[i] += (byte) (pa <= pb && pa <= pc ? a : pb <= pc ? b : c);
    }
  }

  private void inflate(byte[] into) throws ImageException {
    int n = 0;
    try {
      while (n < into.length) {
        int got = inflater.inflate(into, n, into.length - n);
        n += got;
        if (got > 0 || n == into.length) {
          continue;
        }
        if (inflater.needsDictionary() || inflater.finished() || chunk == data.size()) {
          throw ImageException.damaged("its pixels end too early");
        }
        if (inflater.needsInput()) {
          inflater.setInput(data.get(chunk++));
        }
      }
    } catch (DataFormatException e) {
      throw ImageException.damaged("its pixels cannot be inflated", e);
    }
  }

  @Override
  public void close() {
    inflater.end();
  }
}
