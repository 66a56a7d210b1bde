package dev.lgc.compiler.plan.artifact;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Planner;
import dev.lgc.compiler.plan.RandomGraphs;
import dev.lgc.compiler.rewrite.Decompose;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ArtifactTest {
  @TempDir Path folder;

  private static Artifact artifact(long seed) {
    RandomGraphs random = new RandomGraphs(seed);
    Graph g = Decompose.all(random.graph(12));
    ExecutionPlan plan = Planner.plan("Tiny", random.stored, List.of(g));
    Map<String, String> arguments = new LinkedHashMap<>();
    arguments.put("size", "B");
    arguments.put("note", "two words, é");
    TreeMap<String, String> sources = new TreeMap<>(Map.of("tiny.arch", "model Tiny {}\n"));
    TreeMap<String, byte[]> code = new TreeMap<>(Map.of("jvm/K0.class", new byte[] {1, 2, 3}));
    return new Artifact("0123abcd", arguments, sources, plan, code);
  }

  private static Artifact read(byte[] bytes) throws IOException {
    return ArtifactFile.read(new ByteArrayInputStream(bytes));
  }

  @Test
  void whatIsWrittenIsReadBack() throws IOException {
    long first = new Random().nextInt(1 << 30);
    for (long seed = first; seed < first + 50; seed++) {
      Artifact a = artifact(seed);
      Artifact b = read(ArtifactFile.bytes(a));
      String message = "seed " + seed;
      assertEquals(a.plan(), b.plan(), message);
      assertEquals(a.fingerprint(), b.fingerprint(), message);
      assertEquals(a.arguments(), b.arguments(), message);
      assertEquals(List.copyOf(a.arguments().keySet()), List.copyOf(b.arguments().keySet()));
      assertEquals(a.sources(), b.sources(), message);
      assertArrayEquals(a.code().get("jvm/K0.class"), b.code().get("jvm/K0.class"), message);
    }
  }

  @Test
  void equalArtifactsAreEqualBytes() {
    assertArrayEquals(ArtifactFile.bytes(artifact(7)), ArtifactFile.bytes(artifact(7)));
  }

  @Test
  void aFileIsReplacedWhole() throws IOException {
    Path file = folder.resolve("tiny.lgc");
    ArtifactFile.write(artifact(1), file);
    ArtifactFile.write(artifact(2), file);
    assertEquals(artifact(2).plan(), ArtifactFile.read(file).plan());
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(1, files.count());
    }
  }

  @Test
  void aDamagedFileIsRefusedAndNothingElseHappens() {
    long seed = new Random().nextInt(1 << 30);
    Random random = new Random(seed);
    byte[] plan = PlanWriter.write(artifact(3).plan());
    for (int i = 0; i < 20_000; i++) {
      byte[] damaged = plan.clone();
      for (int j = 0; j <= random.nextInt(3); j++) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
      }
      if (random.nextInt(4) == 0) {
        damaged = Arrays.copyOf(damaged, random.nextInt(damaged.length));
      }
      try {
        PlanReader.read(damaged);
      } catch (ArtifactException e) {
        assertTrue(e.getMessage() != null && !e.getMessage().isBlank());
      } catch (RuntimeException | Error e) {
        throw new AssertionError("seed " + seed + " round " + i, e);
      }
    }
  }

  @Test
  void otherFilesAreRefusedByName() throws IOException {
    assertRefused("not an .lgc file", "PK nonsense".getBytes(StandardCharsets.UTF_8));
    assertRefused("not an .lgc file", new byte[0]);
    assertRefused("not an .lgc file", zip("manifest", "something else\n"));
    assertRefused("of version 99", zip("manifest", "lgc-artifact 99\n"));
    assertRefused(
        "has no plan", zip("manifest", "lgc-artifact " + Artifact.VERSION + "\nmodel a\n"));
    assertRefused("an entry is named ../x", zip("../x", ""));
  }

  @Test
  void aBombIsRefused() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(out)) {
      zip.putNextEntry(new ZipEntry("code/bomb"));
      byte[] zeros = new byte[1 << 20];
      for (int i = 0; i < 300; i++) {
        zip.write(zeros);
      }
    }
    assertRefused("more than it may hold", out.toByteArray());
  }

  private static void assertRefused(String why, byte[] bytes) {
    ArtifactException e = assertThrows(ArtifactException.class, () -> read(bytes));
    assertTrue(e.getMessage().contains(why), e.getMessage());
  }

  private static byte[] zip(String name, String text) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(out)) {
      zip.putNextEntry(new ZipEntry(name));
      zip.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return out.toByteArray();
  }
}
