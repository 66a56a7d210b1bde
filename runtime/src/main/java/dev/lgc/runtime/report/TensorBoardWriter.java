package dev.lgc.runtime.report;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.data.Picture;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * TensorBoard's event files: TFRecord frames around {@code tensorflow.Event} messages, of which
 * scalars and images are written.
 *
 * <p>Each writer starts a file of its own in the directory, as TensorBoard wants it. A resumed
 * run's file begins with a session start at the step it resumes from, at which TensorBoard drops
 * what earlier files say of later steps. Records are handed to the system one by one, so a killed
 * run loses at most the last.
 */
public final class TensorBoardWriter implements AutoCloseable {
  private static final int MASK = 0xa282ead8;

  // Field numbers of Event, Summary, Summary.Value, Summary.Image and SessionLog, from TensorFlow's
  // .proto files.
  private static final int WALL_TIME = 1;
  private static final int STEP = 2;
  private static final int FILE_VERSION = 3;
  private static final int SUMMARY = 5;
  private static final int SESSION_LOG = 7;
  private static final int SUMMARY_VALUE = 1;
  private static final int TAG = 1;
  private static final int SIMPLE_VALUE = 2;
  private static final int IMAGE = 4;
  private static final int SESSION_STATUS = 1;
  private static final int SESSION_START = 1;

  private final FileChannel file;

  private TensorBoardWriter(FileChannel file) {
    this.file = file;
  }

  /**
   * Starts an event file in {@code directory}.
   *
   * @param step the step the run resumes from; 0 for a new run
   */
  public static TensorBoardWriter open(Path directory, long step) throws IOException {
    Files.createDirectories(directory);
    long second = System.currentTimeMillis() / 1000;
    FileChannel file = null;
    for (int n = 0; file == null; n++) {
      // The names sort by time, which is the order TensorBoard reads them in.
      Path path = directory.resolve(Text.format("events.out.tfevents.%010d.lgc.%d", second, n));
      if (!Files.exists(path)) {
        file = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      }
    }
    TensorBoardWriter writer = new TensorBoardWriter(file);
    writer.record(event(0).text(FILE_VERSION, "brain.Event:2"));
    if (step > 0) {
      // Purges what is at this step or later; the step resumed from is done and stays.
      writer.record(
          event(step + 1).message(SESSION_LOG, new Proto().number(SESSION_STATUS, SESSION_START)));
    }
    return writer;
  }

  /** Writes the value of {@code tag} at {@code step}; not-a-number is kept as such. */
  public void scalar(String tag, long step, double value) throws IOException {
    value(step, new Proto().text(TAG, tag).single(SIMPLE_VALUE, (float) value));
  }

  /** Writes a picture of {@code tag} at {@code step}. */
  public void image(String tag, long step, Picture picture) throws IOException {
    grid(tag, step, PngGrid.of(List.of(picture), 1));
  }

  /** Writes a grid of pictures of {@code tag} at {@code step}. */
  public void grid(String tag, long step, PngGrid grid) throws IOException {
    byte[] png = grid.toPng();
    ByteBuffer header = ByteBuffer.wrap(png); // IHDR: width and height at bytes 16 and 20
    Proto image =
        new Proto()
            .number(1, header.getInt(20))
            .number(2, header.getInt(16))
            .number(3, 3) // RGB
            .bytes(4, png);
    value(step, new Proto().text(TAG, tag).message(IMAGE, image));
  }

  private void value(long step, Proto value) throws IOException {
    record(event(step).message(SUMMARY, new Proto().message(SUMMARY_VALUE, value)));
  }

  private static Proto event(long step) {
    return new Proto().wide(WALL_TIME, System.currentTimeMillis() / 1000.0).number(STEP, step);
  }

  private void record(Proto event) throws IOException {
    byte[] data = event.toBytes();
    ByteBuffer frame = ByteBuffer.allocate(data.length + 16).order(ByteOrder.LITTLE_ENDIAN);
    frame.putLong(data.length);
    frame.putInt(masked(frame.array(), 8));
    frame.put(data);
    frame.putInt(masked(data, data.length));
    frame.flip();
    while (frame.hasRemaining()) {
      file.write(frame);
    }
  }

  /** The checksum of the first {@code n} bytes, rotated and shifted as TFRecord has it. */
  static int masked(byte[] bytes, int n) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, n);
    return Integer.rotateRight((int) crc.getValue(), 15) + MASK;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }

  /** A protocol-buffers message in the making. */
  private static final class Proto {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Proto number(int field, long value) {
      varint(field << 3);
      varint(value);
      return this;
    }

    Proto wide(int field, double value) {
      varint(field << 3 | 1);
      out.writeBytes(little(8).putDouble(value).array());
      return this;
    }

    Proto single(int field, float value) {
      varint(field << 3 | 5);
      out.writeBytes(little(4).putFloat(value).array());
      return this;
    }

    Proto bytes(int field, byte[] value) {
      varint(field << 3 | 2);
      varint(value.length);
      out.writeBytes(value);
      return this;
    }

    Proto text(int field, String value) {
      return bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }

    Proto message(int field, Proto value) {
      return bytes(field, value.toBytes());
    }

    byte[] toBytes() {
      return out.toByteArray();
    }

    private void varint(long value) {
      long rest = value;
      while ((rest & ~0x7fL) != 0) {
        out.write((int) (rest & 0x7f) | 0x80);
        rest >>>= 7;
      }
      out.write((int) rest);
    }

    private static ByteBuffer little(int n) {
      return ByteBuffer.allocate(n).order(ByteOrder.LITTLE_ENDIAN);
    }
  }
}
