package dev.lgc.runtime.data.decode;

import java.nio.ByteBuffer;
import javax.imageio.stream.ImageInputStreamImpl;

/**
 * Some bytes and then a part of a file, for a decoder of Java's. It may ask for more than there is
 * only so often: some take the end for zeros and would go on for half a minute.
 */
final class ByteBufferInput extends ImageInputStreamImpl {
  private static final int PATIENCE = 256;

  /** Thrown at a decoder that will not end. */
  static final class PastEnd extends RuntimeException {
    private static final long serialVersionUID = 1L;

    PastEnd() {
      super("it ends too early");
    }
  }

  private final byte[] first;
  private final ByteBuffer rest;
  private int past;

  ByteBufferInput(byte[] first, ByteBuffer rest) {
    this.first = first;
    this.rest = rest.slice();
  }

  @Override
  public int read() {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] into, int offset, int length) {
    bitOffset = 0;
    int n;
    if (streamPos < first.length) {
      n = Math.min(length, first.length - (int) streamPos);
      System.arraycopy(first, (int) streamPos, into, offset, n);
    } else {
      int at = (int) Math.min(streamPos - first.length, rest.limit());
      n = Math.min(length, rest.limit() - at);
      if (n <= 0) {
        return end(length);
      }
      rest.get(at, into, offset, n);
    }
    streamPos += n;
    return n;
  }

  private int end(int length) {
    if (length > 0 && ++past > PATIENCE) {
      // Not an EOFException: that is what is taken for zeros.
      throw new PastEnd();
    }
    return -1;
  }

  @Override
  public long length() {
    return (long) first.length + rest.limit();
  }
}
