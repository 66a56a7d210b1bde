package dev.lgc.runtime.data.decode;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a directory promises takes no memory and is never read beyond the file. */
@Tag("pure")
final class TiffDirectoryTest {
  private static final int SHORT = 3;
  private static final int LONG8 = 16;

  /** A BigTIFF whose directory has one entry, and a few bytes after it. */
  private static ByteBuffer file(int type, long count, long there) {
    ByteBuffer b = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
    b.put((byte) 'I').put((byte) 'I').putShort((short) 43).putInt(8).putLong(16);
    b.putLong(1).putShort((short) TiffDirectory.COLOR_MAP).putShort((short) type);
    b.putLong(count).putLong(there);
    b.putLong(44, 7).putLong(52, 9);
    return b;
  }

  @Test
  void numbersAreWhereTheEntrySays() throws ImageException {
    TiffDirectory d = TiffDirectory.read(file(LONG8, 2, 44));
    assertEquals(2, d.count(TiffDirectory.COLOR_MAP));
    assertEquals(7, d.at(TiffDirectory.COLOR_MAP, 0));
    assertEquals(9, d.at(TiffDirectory.COLOR_MAP, 1));
    assertThrows(IndexOutOfBoundsException.class, () -> d.at(TiffDirectory.COLOR_MAP, 2));
    assertEquals(0, d.count(TiffDirectory.STRIP_OFFSETS));
    assertEquals(1, TiffDirectory.read(file(SHORT, 1, 5)).count(TiffDirectory.COLOR_MAP));
  }

  @ParameterizedTest
  @CsvSource({
    "3, 0x400000007fffffff, 44", // times 2 it is negative
    "16, 0x2000000000000001, 44", // times 8 it is 8
    "16, 0x1000000000000000, 44",
    "16, 0x7fffffffffffffff, 44",
    "16, -1, 44",
    "16, 3, 44",
    "16, 2, 0x7ffffffffffffff8", // with 16 more it is negative
    "16, 2, 0x100000010",
    "16, 2, -8"
  })
  void whatDoesNotFitTheFileIsMissing(int type, String count, String there) throws ImageException {
    TiffDirectory d = TiffDirectory.read(file(type, Long.decode(count), Long.decode(there)));
    assertEquals(0, d.count(TiffDirectory.COLOR_MAP));
  }
}
