package dev.lgc.runtime.io;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.Fuzz;
import dev.lgc.runtime.TestResources;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("pure")
class SafetensorsHostileTest {
  @TempDir Path dir;

  @ParameterizedTest(name = "{1}: {0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "[] |does not start with '{'",
        "{ |valid JSON",
        "{}{}|more than one JSON value",
        "{} x|valid JSON",
        "{\"a\":1}|a is VALUE_NUMBER_INT",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}|a has 4 bytes",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}|offsets [8, 0]",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0]}}|offsets [0]",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}}|ends at byte 16 of 8",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}|belong to no tensor",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}|after the last tensor",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,8]}}|contains -1",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2.5],\"data_offsets\":[0,8]}}|VALUE_NUMBER_FLOAT",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999999],\"data_offsets\":[0,8]}}"
            + "|out of range",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,8]}}"
            + "|one that fits",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}|a is incomplete",
        "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}"
            + "|a.dtype is there twice",
        "{\"__metadata__\":{},\"__metadata__\":{}}|two tensors are called __metadata__",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]},\"a\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]}}|two"
            + " tensors are called a",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]},"
            + "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[4,8]}}|overlaps",
        "{\"__metadata__\":{\"k\":1}}|__metadata__.k",
        "{\"__metadata__\":{\"k\":{}}}|__metadata__.k",
      })
  void refusesTheHeader(String header, String reason) throws IOException {
    BadInputException e = refused(write(header.getBytes(StandardCharsets.UTF_8), 8));
    assertTrue(e.getMessage().contains(reason), e.getMessage());
    assertFalse(e.getMessage().contains("\n"));
  }

  @Test
  void refusesAHeaderThatIsNotUtf8() throws IOException {
    refused(write(new byte[] {'{', '"', (byte) 0xff, (byte) 0xfe, '"', ':', '1', '}'}, 0));
  }

  @Test
  void refusesLengthsThatDoNotFitWithoutAllocatingThem() throws IOException {
    for (long length : new long[] {0, 1, -1, Long.MAX_VALUE, 100_000_001, 1000}) {
      ByteBuffer b = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putLong(0, length);
      refused(Files.write(dir.resolve("length"), b.array()));
    }
    refused(Files.write(dir.resolve("short"), new byte[3]));
    refused(Files.write(dir.resolve("nothing"), new byte[0]));
    refused(dir.resolve("absent"));
    refused(dir);
  }

  @Test
  void refusesAHugeHeaderOfNonsense() throws IOException {
    Path path = dir.resolve("huge");
    try (RandomAccessFile f = new RandomAccessFile(path.toFile(), "rw")) {
      f.setLength(8 + 99_000_000L); // sparse: zero bytes, but for the start
      f.write(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(99_000_000).array());
      f.write("{\"a\":".getBytes(StandardCharsets.UTF_8));
    }
    refused(path);
    byte[] deep = "{\"a\":".repeat(100_000).getBytes(StandardCharsets.UTF_8);
    refused(write(deep, 0));
    byte[] longName = ("{\"" + "n".repeat(1 << 20) + "\":1}").getBytes(StandardCharsets.UTF_8);
    refused(write(longName, 0));
  }

  @Test
  void survivesRandomDamage() throws IOException {
    byte[] good = Files.readAllBytes(TestResources.path("io/dtypes.safetensors"));
    Fuzz fuzz = new Fuzz("safetensors");
    for (int i = 0; i < 2000; i++) {
      Path path = Files.write(dir.resolve("damaged"), fuzz.damage(good));
      fuzz.succeedsOrExplains(
          () -> {
            try (SafetensorsFile f = SafetensorsFile.open(path)) {
              f.tensors().forEach(TensorEntry::toFloats);
            }
          });
    }
  }

  private Path write(byte[] header, int dataBytes) throws IOException {
    ByteBuffer b =
        ByteBuffer.allocate(8 + header.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
    b.putLong(header.length).put(header);
    return Files.write(dir.resolve("file"), b.array());
  }

  private static BadInputException refused(Path path) {
    return assertThrows(BadInputException.class, () -> SafetensorsFile.open(path).close());
  }
}
