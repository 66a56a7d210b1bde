package dev.lgc.runtime.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.SharedFiles;
import dev.lgc.runtime.TestResources;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("pure")
class SafetensorsTest {
  @TempDir Path dir;

  @Test
  void readsEveryDtypeThatTheReferenceWriterWrote() {
    float[] x = {0, 1, -2.5f, 3.25f, 100, -0.125f};
    float[] whole = {0, 1, -2, 3, 100, 0};
    try (SafetensorsFile f = SafetensorsFile.open(TestResources.path("io/dtypes.safetensors"))) {
      for (String name : List.of("f32", "f64", "f16", "bf16")) {
        assertArrayEquals(x, f.tensor(name).toFloats(), name);
        assertArrayEquals(new long[] {2, 3}, f.tensor(name).shape());
      }
      for (String name : List.of("i64", "i32", "i16", "i8")) {
        assertArrayEquals(whole, f.tensor(name).toFloats(), name);
      }
      assertArrayEquals(new float[] {0, 1, 255}, f.tensor("u8").toFloats());
      assertArrayEquals(new float[] {1, 0, 1}, f.tensor("bool").toFloats());
      assertEquals(0, f.tensor("scalar").shape().length);
      assertEquals(7.5, f.tensor("scalar").numberAt(0));
      assertEquals(0, f.tensor("empty").elements());
      assertEquals(1.5, f.tensor("naïve \u96ea").numberAt(0));
      assertEquals(Map.of("format", "pt", "note", "line\nbreak"), f.metadata());
    }
  }

  @Test
  void whatItWritesReadsBackEqualAndAligned() throws IOException {
    Path reference = TestResources.path("io/dtypes.safetensors");
    Path copy = dir.resolve("copy.safetensors");
    try (SafetensorsFile f = SafetensorsFile.open(reference)) {
      SafetensorsWriter.write(copy, f.metadata(), f.tensors());
      try (SafetensorsFile g = SafetensorsFile.open(copy)) {
        assertEquals(f.metadata(), g.metadata());
        for (TensorEntry t : f.tensors()) {
          assertEquals(t, g.tensor(t.name()));
          assertEquals(0, g.tensor(t.name()).data().address() % t.dtype().bytes(), t.name());
        }
      }
    }
  }

  @Test
  void readsTypesThatAreRareAsPyTorchDoes() {
    try (SafetensorsFile f = SafetensorsFile.open(TestResources.path("io/rare.safetensors"))) {
      for (String name : List.of("e4m3", "e5m2", "e8m0")) {
        assertArrayEquals(f.tensor(name + ".f32").toFloats(), f.tensor(name).toFloats(), name);
      }
      assertEquals(65535, f.tensor("u16").numberAt(1));
      assertEquals(4294967295.0, f.tensor("u32").numberAt(1));
      assertEquals(0x1p64, f.tensor("u64").numberAt(1));
      assertTrue(f.contains("c64"));
      assertFalse(f.names().contains("c64"));
      BadInputException e = assertThrows(BadInputException.class, () -> f.tensor("c64"));
      assertTrue(e.getMessage().contains("c64 is C64[1]; expected one of"), e.getMessage());
    }
  }

  /** As of safetensors 0.8; each of these headers was given to it. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        " {%s}",
        "\n\t{%s}\n  \t",
        "{\"__metadata__\":null,%s}",
        "{\"__metadata__\":{},%s}",
        "{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"},%s}",
        "{%s,\"z\":{\"dtype\":\"F32\",\"shape\":[0,3],\"data_offsets\":[8,8]}}",
        "{\"y\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]},%s}",
      })
  void readsWhatTheLibraryReads(String header) throws IOException {
    for (String more :
        List.of("", ",\"requires_grad\":true", ",\"x\":{\"y\":[[[1.5e300,null]]]}")) {
      for (String type : List.of("U8", "F8_E4M3", "BOOL", "I8", "F8_E5M2FNUZ")) {
        String a =
            "\"a\":{\"dtype\":\"" + type + "\"" + more + ",\"shape\":[8],\"data_offsets\":[0,8]}";
        byte[] json = header.replace("%s", a).getBytes(StandardCharsets.UTF_8);
        ByteBuffer b = ByteBuffer.allocate(16 + json.length).order(ByteOrder.LITTLE_ENDIAN);
        b.putLong(json.length).put(json);
        try (SafetensorsFile f =
            SafetensorsFile.open(Files.write(dir.resolve("lenient"), b.array()))) {
          assertTrue(f.contains("a"));
        }
      }
    }
  }

  /** A flipped bit anywhere in a file that this library wrote is found, or changes nothing. */
  @Test
  void aFlippedBitIsFoundOrChangesNothing() throws IOException {
    float[] x = new float[40];
    Random random = new Random(1);
    for (int i = 0; i < x.length; i++) {
      x[i] = random.nextFloat();
    }
    List<TensorEntry> tensors =
        List.of(
            new TensorEntry("w", StoredType.F32, new long[] {5, 8}, MemorySegment.ofArray(x)),
            new TensorEntry(
                "n", StoredType.I64, new long[] {1}, MemorySegment.ofArray(new byte[8])));
    Path path = dir.resolve("sound.safetensors");
    SafetensorsWriter.write(path, Map.of("step", "12"), tensors);
    byte[] sound = Files.readAllBytes(path);
    for (int bit = 0; bit < 8 * sound.length; bit += 9) { // each place of a byte in turn
      byte[] bytes = sound.clone();
      bytes[bit / 8] ^= (byte) (1 << bit % 8);
      Path damaged = Files.write(dir.resolve("flipped.safetensors"), bytes);
      try (SafetensorsFile f = SafetensorsFile.open(damaged)) {
        for (TensorEntry t : tensors) {
          FileTensor source = f.source(t.name());
          float[] read = new float[(int) t.elements()];
          source.readFloats(0, MemorySegment.ofArray(read), 0, read.length);
          source.check();
          assertArrayEquals(t.toFloats(), read, "bit " + bit);
        }
        assertEquals("12", f.metadata().get("step"), "bit " + bit);
      } catch (BadInputException e) {
        continue; // found
      }
    }
  }

  /** It keeps the metadata, but the header is another: the bytes alone do not tell that apart. */
  @Test
  void aFileThatAnotherProgramSavedAgainSaysWhatToDo() throws IOException {
    Path path = dir.resolve("again.safetensors");
    MemorySegment data = MemorySegment.ofArray(new float[] {1, 2});
    SafetensorsWriter.write(
        path,
        Map.of("saved", "once"),
        List.of(new TensorEntry("w", StoredType.F32, new long[] {2}, data)));
    String bytes = Files.readString(path, StandardCharsets.ISO_8859_1);
    String again = bytes.replace("\"once\"", "\"more\"");
    Files.writeString(path, again, StandardCharsets.ISO_8859_1);
    DamagedFileException e =
        assertThrows(DamagedFileException.class, () -> SafetensorsFile.open(path));
    assertTrue(e.what().contains("again.safetensors: its header is damaged"), e.what());
    assertTrue(e.hint().endsWith("leave out the metadata lgc.crc32c"), e.hint());
    Files.writeString(path, again.replace("lgc.crc32c", "was.crc32c"), StandardCharsets.ISO_8859_1);
    try (SafetensorsFile sound = SafetensorsFile.open(path)) {
      assertArrayEquals(new float[] {1, 2}, sound.tensor("w").toFloats());
    }
  }

  /** In order, out of order, in small and in large parts. */
  @Test
  void aDamagedTensorIsNamedHoweverItIsRead() throws IOException {
    int n = 200_000;
    Path path = dir.resolve("large.safetensors");
    MemorySegment zeros = MemorySegment.ofArray(new float[n]);
    SafetensorsWriter.write(
        path, Map.of(), List.of(new TensorEntry("w", StoredType.F32, new long[] {n}, zeros)));
    for (boolean damaged : new boolean[] {false, true}) {
      if (damaged) {
        try (FileChannel c = FileChannel.open(path, StandardOpenOption.WRITE)) {
          c.write(ByteBuffer.wrap(new byte[] {1}), c.size() - 17);
        }
      }
      for (int part : new int[] {n, n / 4, 1000}) {
        for (boolean backwards : new boolean[] {false, true}) {
          try (SafetensorsFile f = SafetensorsFile.open(path)) {
            FileTensor source = f.source("w");
            MemorySegment to = MemorySegment.ofArray(new float[part]);
            for (int at = 0; at < n; at += part) {
              source.readFloats(backwards ? n - part - at : at, to, 0, part);
            }
            if (damaged) {
              DamagedFileException e = assertThrows(DamagedFileException.class, source::check);
              assertTrue(e.what().contains("large.safetensors: w is damaged"), e.what());
            } else {
              source.check();
            }
          }
        }
      }
    }
  }

  @Test
  void numbersThatAreNotFiniteAreCountedAndPlaced() throws IOException {
    for (int n : new int[] {6, 101, 70_002}) { // small; odd; longer than what is staged
      float[] x = new float[n];
      Arrays.fill(x, Float.MAX_VALUE);
      x[n - 2] = Float.NEGATIVE_INFINITY;
      x[n - 1] = Float.NaN;
      MemorySegment data = MemorySegment.ofArray(x);
      Path path = dir.resolve("nan.safetensors");
      SafetensorsWriter.write(
          path, Map.of(), List.of(new TensorEntry("w", StoredType.F32, new long[] {1, n}, data)));
      try (SafetensorsFile f = SafetensorsFile.open(path)) {
        FileTensor sound = f.source("w");
        sound.readFloats(0, MemorySegment.ofArray(new float[n - 2]), 0, n - 2);
        sound.check();
        FileTensor source = f.source("w");
        source.readFloats(0, MemorySegment.ofArray(new float[n]), 0, n);
        BadInputException e = assertThrows(BadInputException.class, source::check);
        final String expected =
            "%s: w: 2 of %d numbers are NaN or infinite, the first, -Infinity, at [0, %d]";
        assertEquals(Text.format(expected, path, n, n - 2), e.what());
      }
    }
  }

  @Test
  void readsAllGoldenFiles() throws IOException {
    Path golden = SharedFiles.require("golden");
    try (Stream<Path> files = Files.list(golden)) {
      List<Path> all = files.filter(p -> p.toString().endsWith(".safetensors")).toList();
      assertTrue(all.size() > 10);
      for (Path p : all) {
        try (SafetensorsFile f = SafetensorsFile.open(p)) {
          f.tensors().forEach(t -> assertEquals(t.elements(), t.toFloats().length));
        }
      }
    }
  }

  @Test
  void copiesTensorsThatAnUnpaddedHeaderLeavesMisaligned() throws IOException {
    String json = "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}";
    while ((json.length() + 8) % 4 == 0) {
      json += " ";
    }
    byte[] text = json.getBytes(StandardCharsets.UTF_8);
    ByteBuffer file = ByteBuffer.allocate(8 + text.length + 4).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(text.length).put(text).putFloat(1.25f);
    Path path = Files.write(dir.resolve("old.safetensors"), file.array());
    try (SafetensorsFile f = SafetensorsFile.open(path)) {
      assertEquals(1.25, f.tensor("a").numberAt(0));
      assertEquals(0, f.tensor("a").data().address() % 4);
    }
  }

  /** Longer than what is staged, and than what is worth a system call; all or some of it. */
  @Test
  void whatIsReadIsWhatIsMapped() throws IOException {
    int n = 300_001;
    Path path = dir.resolve("large.safetensors");
    List<TensorEntry> all = new ArrayList<>();
    for (StoredType type : StoredType.values()) {
      byte[] bytes = new byte[n * type.bytes()];
      new Random(type.ordinal()).nextBytes(bytes);
      all.add(new TensorEntry(type.name(), type, new long[] {n}, MemorySegment.ofArray(bytes)));
    }
    SafetensorsWriter.write(path, Map.of(), all);
    try (SafetensorsFile f = SafetensorsFile.open(path);
        Arena arena = Arena.ofConfined()) {
      for (TensorEntry t : f.tensors()) {
        for (int[] range : new int[][] {{0, n}, {17, 90_000}, {n - 5, 5}}) {
          float[] mapped = new float[range[1] + 1];
          t.readFloats(range[0], MemorySegment.ofArray(mapped), 4, range[1]);
          float[] heap = new float[range[1] + 1];
          FloatSource source = f.source(t.name());
          assertEquals(n, source.elements());
          source.readFloats(range[0], MemorySegment.ofArray(heap), 4, range[1]);
          assertArrayEquals(mapped, heap, t.name());
          MemorySegment to = arena.allocate(4L * mapped.length, 4);
          source.readFloats(range[0], to, 4, range[1]);
          assertEquals(-1, MemorySegment.ofArray(heap).mismatch(to), t.name());
        }
      }
    }
  }

  @Test
  void saysThatAFileWasShortened() throws IOException {
    Path path = dir.resolve("shortened.safetensors");
    MemorySegment data = MemorySegment.ofArray(new byte[1 << 20]);
    TensorEntry t = new TensorEntry("a", StoredType.F32, new long[] {1 << 18}, data);
    SafetensorsWriter.write(path, Map.of(), List.of(t));
    try (SafetensorsFile f = SafetensorsFile.open(path);
        FileChannel c = FileChannel.open(path, StandardOpenOption.WRITE)) {
      c.truncate(1 << 19);
      MemorySegment to = MemorySegment.ofArray(new float[1 << 18]);
      BadInputException e =
          assertThrows(BadInputException.class, () -> f.source("a").readFloats(0, to, 0, 1 << 18));
      assertTrue(e.getMessage().contains("ends inside a"), e.getMessage());
    }
  }

  @Test
  void handsOutViewsThatCannotBeWrittenTo() {
    try (SafetensorsFile f = SafetensorsFile.open(TestResources.path("io/dtypes.safetensors"))) {
      assertTrue(f.tensor("f32").data().isReadOnly());
    }
  }

  @Test
  void refusesTwoTensorsOfOneName() {
    MemorySegment data = MemorySegment.ofArray(new byte[4]);
    TensorEntry t = new TensorEntry("a", StoredType.F32, new long[] {1}, data);
    Path path = dir.resolve("twice.safetensors");
    assertThrows(
        IllegalArgumentException.class,
        () -> SafetensorsWriter.write(path, Map.of(), List.of(t, t)));
  }

  @Test
  void namesSomeTensorsWhenOneIsMissing() {
    try (SafetensorsFile f = SafetensorsFile.open(TestResources.path("io/dtypes.safetensors"))) {
      BadInputException e = assertThrows(BadInputException.class, () -> f.tensor("w"));
      assertTrue(e.getMessage().contains("no tensor w"), e.getMessage());
      assertTrue(e.getMessage().contains("it has 13: "), e.getMessage());
    }
  }
}
