package dev.lgc.runtime.data;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * The bytes of an image for a decoder, which may ask for more than there are only so often: the
 * WEBP decoder takes the end of the file for zeros and would go on for half a minute.
 */
final class BoundedInput extends MemoryCacheImageInputStream {
  private static final int PATIENCE = 256;

  private int past;

  BoundedInput(byte[] bytes) {
    super(new ByteArrayInputStream(bytes));
  }

  @Override
  public int read() throws IOException {
    return checked(super.read());
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    return checked(super.read(into, offset, length));
  }

  private int checked(int result) {
    if (result < 0 && ++past > PATIENCE) {
      // Not an EOFException: that is what is taken for zeros.
      throw new IllegalStateException("it ends too early");
    }
    return result;
  }
}
