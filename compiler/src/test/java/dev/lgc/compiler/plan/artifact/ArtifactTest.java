package dev.lgc.compiler.plan.artifact;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.plan.Call;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.KernelCall;
import dev.lgc.compiler.plan.Plans;
import dev.lgc.compiler.plan.RandomGraphs;
import dev.lgc.compiler.plan.RandomShards;
import dev.lgc.compiler.rewrite.Decompose;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Definition;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.model.Outline;
import dev.lgc.dsl.model.SourcePlace;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("pure")
final class ArtifactTest {
  @TempDir Path folder;

  private static Artifact artifact(long seed) {
    ExecutionPlan plan = plan(seed);
    Map<String, String> arguments = new LinkedHashMap<>();
    arguments.put("size", "B");
    arguments.put("note", "two words, é");
    TreeMap<String, String> sources = new TreeMap<>(Map.of("tiny.arch", "model Tiny {}\n"));
    TreeMap<String, byte[]> code = new TreeMap<>(Map.of("jvm/K0.class", new byte[] {1, 2, 3}));
    return new Artifact(
        "0123abcd",
        outline(),
        arguments,
        sources,
        List.of(CompiledPlan.of("[all]", plan), CompiledPlan.of("[the same]", plan)),
        Optional.of(new byte[] {4, 5}),
        code);
  }

  private static Outline outline() {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("codes", 16L);
    facts.put("scale", -1.25);
    facts.put("causal", true);
    facts.put("note", "é");
    SourcePlace where = new SourcePlace("tiny.arch", 3, 7);
    TensorType labels = new TensorType(DType.I32, Shape.of(2));
    TensorType logits = new TensorType(DType.F32, Shape.of(2, 4, 16));
    return new Outline(
        "Tiny",
        Map.of("size", "B"),
        facts,
        List.of(
            new Outline.Signature(
                "codes",
                Entry.Kind.GENERATE,
                List.of(new Definition.Input("label", labels, where)),
                Map.of("logits", logits),
                4,
                where)),
        Optional.of(new CheckedModel.TokenizerFacts("VQ", Map.of("codes", "16"), facts)));
  }

  /** A plan of a random graph; every third has collectives. */
  private static ExecutionPlan plan(long seed) {
    if (seed % 3 == 0) {
      RandomShards random = new RandomShards(seed);
      return Plans.of("Tiny", random.stored, List.of(random.graph(12)));
    }
    RandomGraphs random = new RandomGraphs(seed);
    return Plans.of("Tiny", random.stored, List.of(Decompose.all(random.graph(12))));
  }

  private static ExecutionPlan plan(Artifact a) throws ArtifactException {
    return a.plans().getLast().plan();
  }

  private static Artifact read(byte[] bytes) throws IOException {
    return ArtifactFile.read(new ByteArrayInputStream(bytes));
  }

  @Test
  void whatIsWrittenIsReadBack() throws IOException {
    long first = Long.getLong("lgc.seed", new Random().nextInt(1 << 30));
    for (long seed = first; seed < first + 50; seed++) {
      Artifact a = artifact(seed);
      Artifact b = read(ArtifactFile.bytes(a));
      String message = "seed " + seed;
      assertEquals(
          List.of("[all]", "[the same]"), b.plans().stream().map(CompiledPlan::purpose).toList());
      assertEquals(plan(a), plan(b), message);
      assertEquals(a.outline(), b.outline(), message);
      assertArrayEquals(a.tokenizer().get(), b.tokenizer().get(), message);
      assertEquals(a.fingerprint(), b.fingerprint(), message);
      assertEquals(a.arguments(), b.arguments(), message);
      assertEquals(List.copyOf(a.arguments().keySet()), List.copyOf(b.arguments().keySet()));
      assertEquals(a.sources(), b.sources(), message);
      assertArrayEquals(a.code().get("jvm/K0.class"), b.code().get("jvm/K0.class"), message);
    }
  }

  /** The file was written by the last lgc whose artifacts were of version 7. */
  @Test
  void filesOfVersionSevenAreRead() throws IOException {
    Artifact a;
    try (InputStream in = ArtifactTest.class.getResourceAsStream("version-7.bin")) {
      a = ArtifactFile.read(in);
    }
    assertEquals(outline(), a.outline());
    assertEquals("0123abcd", a.fingerprint());
    ExecutionPlan plan = plan(a);
    List<Call> calls = plan.steps().values().iterator().next().calls();
    assertEquals(
        List.of("cast+contract", "mul+tanh", "tanh+mul+sum", "fill", "fill"),
        calls.stream().map(Call::label).toList());
    assertTrue(calls.stream().allMatch(c -> c instanceof KernelCall));
    assertEquals(plan, plan(read(ArtifactFile.bytes(a))), "written as of this version");
  }

  @Test
  void equalArtifactsAreEqualBytes() {
    assertArrayEquals(ArtifactFile.bytes(artifact(7)), ArtifactFile.bytes(artifact(7)));
  }

  private Path write(Artifact a, Map<String, Attachments.Content> attached) throws IOException {
    Path file = folder.resolve("tiny.lgc");
    try (FileChannel out =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      ArtifactFile.write(a, attached, out);
    }
    return file;
  }

  private static Attachments.Content content(byte[] bytes) {
    return new Attachments.Content() {
      @Override
      public long bytes() {
        return bytes.length;
      }

      @Override
      public void writeTo(OutputStream out) throws IOException {
        out.write(bytes);
      }
    };
  }

  private static byte[] random(int n, long seed) {
    byte[] bytes = new byte[n];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  @Test
  void whatIsAttachedIsFoundWithoutReadingTheRest() throws IOException {
    Map<String, byte[]> parts = new LinkedHashMap<>();
    parts.put("weights", random(9_000_001, 1)); // longer than a block
    parts.put("none", new byte[0]);
    parts.put("tokenizer-weights", random(5, 2));
    Map<String, Attachments.Content> contents = new LinkedHashMap<>();
    parts.forEach((name, bytes) -> contents.put(name, content(bytes)));
    Path file = write(artifact(3), contents);
    byte[] whole = Files.readAllBytes(file);
    Map<String, Attachments.Extent> found = ArtifactFile.attached(file);
    assertEquals(List.copyOf(parts.keySet()), List.copyOf(found.keySet()));
    found.forEach(
        (name, e) -> {
          assertEquals(0, e.at() % 4096, name);
          int at = (int) e.at();
          assertArrayEquals(
              parts.get(name), Arrays.copyOfRange(whole, at, at + (int) e.bytes()), name);
        });
    assertEquals(plan(artifact(3)), plan(ArtifactFile.read(file)));
    // And every other program finds it too.
    try (ZipFile zip = new ZipFile(file.toFile())) {
      for (Map.Entry<String, byte[]> p : parts.entrySet()) {
        try (InputStream in = zip.getInputStream(zip.getEntry(p.getKey()))) {
          assertArrayEquals(p.getValue(), in.readAllBytes());
        }
      }
    }
  }

  @Test
  void aFileThatEndsInsideWhatIsAttachedIsRefused() throws IOException {
    Path file = write(artifact(3), Map.of("weights", content(random(10_000, 1))));
    byte[] whole = Files.readAllBytes(file);
    for (int length : new int[] {10, 40, 4095, 9_000}) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertThrows(ArtifactException.class, () -> ArtifactFile.read(file), "" + length);
    }
    assertEquals(Map.of(), ArtifactFile.attached(Files.write(file, new byte[10])));
  }

  @Test
  void aDamagedFileIsRefusedAndNothingElseHappens() throws IOException {
    long seed = Long.getLong("lgc.seed", new Random().nextInt(1 << 30));
    refused(seed, PlanWriter.write(plan(artifact(3))), PlanReader::read);
    refused(seed, OutlineFormat.write(outline()), OutlineFormat::read);
  }

  private interface Reader {
    Object read(byte[] bytes) throws ArtifactException;
  }

  private static void refused(long seed, byte[] sound, Reader reader) {
    Random random = new Random(seed);
    for (int i = 0; i < 20_000; i++) {
      byte[] damaged = sound.clone();
      for (int j = 0; j <= random.nextInt(3); j++) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
      }
      if (random.nextInt(4) == 0) {
        damaged = Arrays.copyOf(damaged, random.nextInt(damaged.length));
      }
      try {
        reader.read(damaged);
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
        "has no plans/0", zip("manifest", "lgc-artifact " + Artifact.VERSION + "\nplan [all]\n"));
    assertRefused(
        "has no outline", zip("manifest", "lgc-artifact " + Artifact.VERSION + "\nmodel a\n"));
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
