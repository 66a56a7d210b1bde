package dev.lgc.compiler.plan.artifact;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * Writes a file in blocks of some megabytes, each at a multiple of its size: what the system then
 * keeps of it in memory is in huge pages, where its file system can do that, and can be mapped so.
 */
final class BlockOutput extends OutputStream {
  private static final int BLOCK = 8 << 20;

  private final FileChannel file;
  private final ByteBuffer block = ByteBuffer.allocateDirect(BLOCK);
  private long written;

  /**
   * @param file empty
   */
  BlockOutput(FileChannel file) {
    this.file = file;
  }

  /** The position of the next byte. */
  long position() {
    return written + block.position();
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    for (int done = 0; done < length; ) {
      int n = Math.min(length - done, block.remaining());
      block.put(bytes, offset + done, n);
      done += n;
      if (!block.hasRemaining()) {
        writeBlock();
      }
    }
  }

  private void writeBlock() throws IOException {
    block.flip();
    written += block.remaining();
    while (block.hasRemaining()) {
      file.write(block);
    }
    block.clear();
  }

  /** Writes what is left; the file stays open. */
  @Override
  public void close() throws IOException {
    writeBlock();
  }
}
