package dev.lgc.runtime.io;

import dev.lgc.dsl.text.Text;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/** A checksum of a file's content, which is no protection against deliberate changes. */
public final class FileSum {
  private static final int PART = 1 << 20;

  private FileSum() {}

  /** CRC-32C of a file's bytes, and how many there are. */
  public static String of(Path file) {
    try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
      CRC32C sum = new CRC32C();
      ByteBuffer part = ByteBuffer.allocateDirect(PART);
      while (in.read(part) >= 0) {
        sum.update(part.flip());
        part.clear();
      }
      return Text.format("%08x-%d", sum.getValue(), in.size());
    } catch (NoSuchFileException e) {
      throw new BadInputException(file + ": no such file", "", "", e);
    } catch (IOException e) {
      throw new BadInputException(file + ": cannot be read: " + e.getMessage(), "", "", e);
    }
  }
}
