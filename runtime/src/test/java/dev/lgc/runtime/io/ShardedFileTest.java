package dev.lgc.runtime.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.dsl.text.Text;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tensors in blocks of several files are those of one file, and anything amiss is found. */
@Tag("pure")
final class ShardedFileTest {
  private static final long SEED = Long.getLong("lgc.seed", System.nanoTime());

  static {
    System.out.println("ShardedFileTest: seed " + SEED + " (-Dlgc.seed=" + SEED + ")");
  }

  @TempDir private Path dir;

  private static TensorEntry tensor(Random random, String name, long... shape) {
    float[] x = new float[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
    for (int i = 0; i < x.length; i++) {
      x[i] = random.nextFloat();
    }
    return new TensorEntry(name, StoredType.F32, shape, MemorySegment.ofArray(x));
  }

  private static List<TensorEntry> drawn(Random random) {
    List<TensorEntry> all = new ArrayList<>();
    int n = 1 + random.nextInt(6);
    for (int i = 0; i < n; i++) {
      all.add(tensor(random, "t" + i, 1 + random.nextInt(7), 1 + random.nextInt(9)));
    }
    all.add(tensor(random, "one", 1));
    all.add(tensor(random, "large", 300, 1 + random.nextInt(700)));
    return all;
  }

  private static final TensorEntry WHOLE =
      new TensorEntry("seen", StoredType.I32, new long[] {3}, MemorySegment.ofArray(new int[3]));

  /** Writes tensors in equal blocks, the last of which may be shorter or empty. */
  private static List<ShardFile> shards(Path index, List<TensorEntry> tensors, int shards)
      throws IOException {
    List<ShardFile> files = new ArrayList<>();
    for (int place = 0; place < shards; place++) {
      List<TensorEntry> blocks = new ArrayList<>();
      for (TensorEntry t : tensors) {
        long length = Math.ceilDiv(t.elements(), (long) shards);
        long from = Math.min(place * length, t.elements());
        long n = Math.min(length, t.elements() - from);
        blocks.add(
            new TensorEntry(
                t.name(), StoredType.F32, new long[] {n}, t.data().asSlice(4 * from, 4 * n)));
      }
      Path file = ShardFile.path(index, place, shards, 1);
      files.add(
          ShardFile.of(file, SafetensorsWriter.write(file, ShardFile.metadata(index), blocks)));
    }
    return files;
  }

  private static void write(Path index, List<TensorEntry> tensors, int shards, String step)
      throws IOException {
    index(index, tensors, shards(index, tensors, shards), step);
  }

  private static void index(
      Path index, List<TensorEntry> tensors, List<ShardFile> files, String step)
      throws IOException {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    tensors.forEach(t -> shapes.put(t.name(), Arrays.stream(t.shape()).boxed().toList()));
    Map<String, String> metadata = new LinkedHashMap<>(Map.of("step", step));
    metadata.putAll(new ShardIndex(files, shapes).metadata());
    SafetensorsWriter.write(index, metadata, List.of(WHOLE));
  }

  private Path file(String name) {
    return dir.resolve(name + ".safetensors");
  }

  @Test
  void blocksTogetherAreTheTensor() throws IOException {
    Random random = new Random(SEED);
    for (int round = 0; round < 20; round++) {
      String said = Text.format("seed %d, round %d", SEED, round);
      int shards = 1 + random.nextInt(8);
      List<TensorEntry> tensors = drawn(random);
      write(file("index"), tensors, shards, "7");
      List<TensorEntry> all = new ArrayList<>(tensors);
      all.add(WHOLE);
      SafetensorsWriter.write(file("single"), Map.of("step", "7"), all);
      try (SafetensorsFile one = SafetensorsFile.open(file("single"));
          SafetensorsFile many = SafetensorsFile.open(file("index"));
          Arena arena = Arena.ofConfined()) {
        assertEquals(one.names(), many.names(), said);
        assertEquals(one.metadata(), many.metadata(), said);
        assertEquals(1 + shards, many.files().size(), said);
        many.check();
        for (TensorEntry t : all) {
          assertEquals(one.info(t.name()), many.info(t.name()), said);
          assertEquals(t, many.tensor(t.name()), said);
          for (SafetensorsFile f : List.of(one, many)) {
            int from = random.nextInt((int) t.elements() + 1);
            int n = random.nextInt((int) t.elements() - from + 1);
            MemorySegment into = arena.allocate(4L * n + 8);
            FileTensor source = f.source(t.name());
            source.readFloats(from, into, 8, n);
            source.checkRead();
            float[] expected = Arrays.copyOfRange(t.toFloats(), from, from + n);
            float[] read = new float[n];
            MemorySegment.ofArray(read).copyFrom(into.asSlice(8));
            assertArrayEquals(expected, read, said);
          }
        }
        SafetensorsWriter.write(file("consolidated"), many);
      }
      assertEquals(-1, Files.mismatch(file("single"), file("consolidated")), said);
    }
  }

  private String refused() {
    return assertThrows(
            BadInputException.class,
            () -> {
              try (SafetensorsFile f = SafetensorsFile.open(file("index"))) {
                f.check();
              }
            })
        .getMessage();
  }

  private void refused(String... parts) {
    String message = refused();
    for (String part : parts) {
      assertTrue(message.contains(part), message);
    }
  }

  @Test
  void aShardThatIsMissingIsNamed() throws IOException {
    write(file("index"), drawn(new Random(SEED)), 4, "7");
    Files.delete(file("index.shard-3-of-4"));
    refused(
        "index.shard-3-of-4.safetensors: no such file",
        "expected shard 3 of 4 of index.safetensors",
        "complete only with all its shards");
  }

  @Test
  void aShardCutAnywhereIsNamed() throws IOException {
    write(file("index"), drawn(new Random(SEED)), 2, "7");
    Path shard = file("index.shard-2-of-2");
    byte[] bytes = Files.readAllBytes(shard);
    for (int n : new int[] {0, 1, 8, 100, bytes.length / 2, bytes.length - 1}) {
      Files.write(shard, Arrays.copyOf(bytes, n));
      refused("index.shard-2-of-2.safetensors: only " + n + " bytes", bytes.length + " bytes");
    }
    Files.write(shard, Arrays.copyOf(bytes, bytes.length + 4));
    refused("index.shard-2-of-2.safetensors");
  }

  /** The checksums' key may be gone, or one of their digits a capital. */
  @Test
  void aFlippedBitInAnyFileIsFoundOrChangesNothing() throws IOException {
    Random random = new Random(SEED);
    List<TensorEntry> tensors = drawn(random);
    write(file("index"), tensors, 3, "7");
    for (Path damaged : List.of(file("index"), ShardFile.path(file("index"), 1, 3, 1))) {
      byte[] sound = Files.readAllBytes(damaged);
      for (int round = 0; round < 300; round++) {
        byte[] bytes = sound.clone();
        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        Files.write(damaged, bytes);
        try (SafetensorsFile f = SafetensorsFile.open(file("index"))) {
          f.check();
          assertEquals("7", f.metadata().get("step"));
          tensors.forEach(t -> assertEquals(t, f.tensor(t.name())));
        } catch (BadInputException e) {
          String message = e.getMessage();
          assertTrue(
              message.contains(damaged.getFileName().toString()), message + ", seed " + SEED);
        }
      }
      Files.write(damaged, sound);
    }
  }

  @Test
  void aRangeIsCheckedWithAllOfItsBlocksAndNoOthers() throws IOException {
    TensorEntry t = tensor(new Random(SEED), "w", 4, 5000);
    write(file("index"), List.of(t), 4, "7");
    Path second = file("index.shard-2-of-4");
    byte[] bytes = Files.readAllBytes(second);
    bytes[bytes.length - 3] ^= 1;
    Files.write(second, bytes);
    float[] into = new float[5000];
    try (SafetensorsFile f = SafetensorsFile.open(file("index"))) {
      FileTensor sound = f.source("w");
      sound.readFloats(10_000, MemorySegment.ofArray(into), 0, 5000);
      sound.checkRead();
      FileTensor damaged = f.source("w");
      damaged.readFloats(4999, MemorySegment.ofArray(into), 0, 2); // its first element
      String message = assertThrows(DamagedFileException.class, damaged::checkRead).getMessage();
      assertTrue(message.contains("index.shard-2-of-4.safetensors: w is damaged"), message);
      assertThrows(DamagedFileException.class, f.source("w")::check);
    }
  }

  @Test
  void numbersThatAreNotFiniteAreNamedByTheirPlaceInTheTensor() throws IOException {
    float[] x = new float[12];
    x[7] = Float.NaN;
    TensorEntry t =
        new TensorEntry("w", StoredType.F32, new long[] {3, 4}, MemorySegment.ofArray(x));
    write(file("index"), List.of(t), 3, "7");
    refused("index.safetensors: w: 1 of 12 numbers", "at [1, 3]");
  }

  @Test
  void shardsOfAnotherSaveAreRefused() throws IOException {
    Random random = new Random(SEED);
    TensorEntry now = tensor(random, "w", 8);
    TensorEntry then = tensor(random, "w", 8);
    write(file("index"), List.of(then), 2, "6");
    byte[] earlier = Files.readAllBytes(file("index.shard-1-of-2"));
    write(file("index"), List.of(now), 2, "7");
    Files.write(file("index.shard-1-of-2"), earlier);
    refused(
        "index.shard-1-of-2.safetensors: a shard of another save",
        "shard 1 of 2 of index.safetensors");
    write(file("index"), List.of(now), 2, "7");
    Files.copy(file("index.shard-1-of-2"), dir.resolve("moved"));
    Files.delete(file("index.shard-1-of-2"));
    Files.move(file("index.shard-2-of-2"), file("index.shard-1-of-2"));
    Files.move(dir.resolve("moved"), file("index.shard-2-of-2"));
    refused("a shard of another save");
  }

  @Test
  void aListWithAnotherNumberOfShardsIsRefused() throws IOException {
    List<TensorEntry> tensors = drawn(new Random(SEED));
    List<ShardFile> files = shards(file("index"), tensors, 3);
    index(file("index"), tensors, files.subList(0, 2), "7");
    refused("index.safetensors", "elements in blocks");
    List<ShardFile> more = new ArrayList<>(files);
    more.add(shards(file("other"), tensors, 1).getFirst());
    index(file("index"), tensors, more, "7");
    refused("index.safetensors", "elements in blocks");
    index(file("index"), tensors.subList(1, tensors.size()), files, "7");
    refused("which the index does not list");
    index(file("index"), tensors, files, "7");
    try (SafetensorsFile f = SafetensorsFile.open(file("index"))) {
      f.check();
    }
  }

  @Test
  void aShardAloneIsNotWeights() throws IOException {
    write(file("index"), drawn(new Random(SEED)), 2, "7");
    String message =
        assertThrows(
                BadInputException.class, () -> SafetensorsFile.open(file("index.shard-1-of-2")))
            .getMessage();
    assertTrue(message.contains("one shard of index.safetensors"), message);
    assertTrue(message.contains("name that file"), message);
  }

  @Test
  void aListThatIsNoneIsRefused() throws IOException {
    List<String> lists =
        List.of(
            "",
            "null",
            "[]",
            "{}",
            "{\"shards\": 3, \"shapes\": {}}",
            "{\"shards\": [], \"shapes\": {}}",
            shard("../evil.safetensors"),
            shard("/etc/passwd"),
            shard(".hidden"),
            shard("a\\u0000b"),
            "{\"shards\": [{\"file\": \"a\", \"bytes\": -1, \"header\": \"00000000\"}],"
                + "\"shapes\": {}}",
            "{\"shards\": [{\"file\": \"a\", \"bytes\": 99, \"header\": \"zz\"}], \"shapes\": {}}",
            "{\"shards\": [{\"file\": \"a\", \"bytes\": 99, \"header\": \"00000000\"}],"
                + "\"shapes\": {\"w\": [-1]}}");
    for (String list : lists) {
      SafetensorsWriter.write(file("index"), Map.of("lgc.shard_files", list), List.of());
      refused("the list of its shards cannot be read");
    }
    assertFalse(Files.exists(dir.resolve("evil")), "nothing is written");
  }

  private static String shard(String name) {
    return "{\"shards\": [{\"file\": \""
        + name
        + "\", \"bytes\": 99, \"header\": \"00000000\"}],"
        + "\"shapes\": {}}";
  }
}
