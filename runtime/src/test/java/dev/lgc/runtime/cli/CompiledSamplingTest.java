package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.TestResources;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sampling runs the plans of a compiled artifact where they fit, and plans anew where not. */
@Tag("backend")
final class CompiledSamplingTest {
  private static final String ARCH = TestResources.path("models/tiny.arch").toString();

  @TempDir private Path dir;

  @BeforeEach
  void weights() throws IOException {
    FirstWeights.write("TinyGenerator", dir.resolve("g.safetensors"));
    FirstWeights.write("TinyTokenizer", dir.resolve("t.safetensors"));
    ok("compile", ARCH, "-m", "TinyGenerator", "-b", "2", "-o", at("g.lgc"));
  }

  private String at(String name) {
    return dir.resolve(name).toString();
  }

  private static void ok(String... args) {
    Cli.Result r = Cli.run(args);
    assertEquals(0, r.code(), r.err());
  }

  /** The codes that {@code lgc sample} draws, as it writes them. */
  private String codes(List<String> model, String... how) throws IOException {
    Cli.Result r = sample(model, how);
    assertEquals(0, r.code(), r.err());
    return Files.readString(dir.resolve("codes.json"));
  }

  private Cli.Result sample(List<String> model, String... how) {
    List<String> all = new ArrayList<>(List.of("sample"));
    all.addAll(model);
    all.addAll(List.of("--weights", at("g.safetensors"), "--class", "1,7,3", "--seed", "11"));
    all.addAll(List.of("--tokens-out", at("codes.json")));
    all.addAll(List.of(how));
    return Cli.run(all.toArray(String[]::new));
  }

  private static List<String> sources() {
    return List.of(ARCH, "-m", "TinyGenerator");
  }

  @Test
  void compiledAndPlannedAnewDrawTheSameCodes() throws IOException {
    String[][] settings = {
      {"-b", "2"},
      {"-b", "2", "--temperature", "1.3", "--cfg", "2", "--top-k", "5"},
      {"-b", "3"},
      {"-b", "2", "--top-p", "0.9"},
      {"-b", "2", "--cfg", "1"},
      {"-b", "2", "--top-k", "0"},
      {"-b", "2", "--weights-type", "int8"},
    };
    for (String[] how : settings) {
      assertEquals(codes(sources(), how), codes(List.of(at("g.lgc")), how), String.join(" ", how));
    }
    assertEquals(
        codes(sources(), "-b", "2", "-p", "dropout=0.2"),
        codes(List.of(at("g.lgc"), "-m", "TinyGenerator"), "-b", "2", "-p", "dropout=0.2"));
  }

  @Test
  void whatFitsIsRunAsCompiledAndNothingElseIs() throws IOException {
    withoutText("g.lgc", "bare.lgc");
    List<String> bare = List.of(at("bare.lgc"), "-m", "TinyGenerator");
    assertEquals(codes(sources(), "-b", "2"), codes(bare, "-b", "2"));
    for (String[] how :
        List.of(
            new String[] {"-b", "3"},
            new String[] {"-b", "2", "--top-p", "0.9"},
            new String[] {"-b", "2", "--weights-type", "bf16"},
            new String[] {"-b", "2", "-p", "dim=16"})) {
      Cli.Result r = sample(bare, how);
      assertEquals(1, r.code(), String.join(" ", how));
      assertTrue(r.err().contains("tiny.arch:1:"), r.err());
    }
    ok(
        "compile",
        ARCH,
        "-m",
        "TinyGenerator",
        "-b",
        "2",
        "--weights-type",
        "int8",
        "-o",
        at("int8.lgc"));
    withoutText("int8.lgc", "int8.lgc");
    assertEquals(
        codes(sources(), "-b", "2", "--weights-type", "int8"),
        codes(List.of(at("int8.lgc")), "-b", "2", "--weights-type", "int8"));
  }

  @Test
  void theTokenizerThatAGeneratorNamesIsCompiledWithIt() throws IOException {
    withoutText("g.lgc", "bare.lgc");
    String[] pictures = {"-b", "2", "--tokenizer-weights", at("t.safetensors"), "-o", at("p.png")};
    codes(sources(), pictures);
    byte[] expected = Files.readAllBytes(dir.resolve("p.png"));
    Files.delete(dir.resolve("p.png"));
    codes(List.of(at("bare.lgc")), pictures);
    assertArrayEquals(expected, Files.readAllBytes(dir.resolve("p.png")));
  }

  private void compileWithWeights(String file, String... how) {
    List<String> all = new ArrayList<>(List.of("compile", ARCH, "-m", "TinyGenerator", "-b", "2"));
    all.addAll(List.of("--weights", at("g.safetensors"), "-o", at(file)));
    all.addAll(List.of(how));
    ok(all.toArray(String[]::new));
  }

  /** What {@code lgc sample} draws with the weights that a file has. */
  private Cli.Result alone(String file, String... how) {
    List<String> all = new ArrayList<>(List.of("sample", at(file), "--class", "1,7,3"));
    all.addAll(List.of("--seed", "11"));
    all.addAll(List.of(how));
    return Cli.run(all.toArray(String[]::new));
  }

  private static String[] with(String[] words, String option, String value) {
    return Stream.concat(Stream.of(words), Stream.of(option, value)).toArray(String[]::new);
  }

  @Test
  void weightsThatComeWithAFileDrawTheSameCodes() throws IOException {
    for (String type : List.of("f32", "bf16", "int8")) {
      compileWithWeights("own.lgc", "--weights-type", type);
      for (String[] how :
          List.of(
              new String[] {"-b", "2"},
              new String[] {"-b", "3"},
              new String[] {"-b", "2", "--top-p", "0.9", "--cfg", "1"})) {
        String want = codes(sources(), with(how, "--weights-type", type));
        Cli.Result r = alone("own.lgc", with(how, "--tokens-out", at("own.json")));
        assertEquals(0, r.code(), r.err());
        assertEquals(want, Files.readString(dir.resolve("own.json")), type + List.of(how));
      }
    }
  }

  @Test
  void weightsThatAreDamagedAreRefusedAtTheStartAndByCheck() throws IOException {
    compileWithWeights("own.lgc", "--tokenizer-weights", at("t.safetensors"));
    Cli.Result sound = Cli.run("check", at("own.lgc"));
    assertEquals(0, sound.code(), sound.err());
    assertTrue(sound.out().contains("sound: "), sound.out());
    byte[] bytes = Files.readAllBytes(dir.resolve("own.lgc"));
    bytes[4096 + 40] ^= 1; // weights begin at a page
    Files.write(dir.resolve("bit.lgc"), bytes);
    for (Cli.Result r :
        List.of(
            Cli.run("check", at("bit.lgc")),
            alone("bit.lgc", "-b", "2", "--tokens-out", at("codes.json")))) {
      assertEquals(1, r.code(), r.out());
      assertTrue(r.err().contains("bit.lgc: its copy of the weights is damaged"), r.err());
    }
  }

  @Test
  void aCheckpointCanBeChecked() throws IOException {
    Cli.Result sound = Cli.run("check", at("g.safetensors"));
    assertEquals(0, sound.code(), sound.err());
    assertTrue(sound.out().contains("sound: 7 tensors"), sound.out());
    byte[] bytes = Files.readAllBytes(dir.resolve("g.safetensors"));
    bytes[bytes.length - 1] ^= 1;
    Files.write(dir.resolve("bit.safetensors"), bytes);
    Cli.Result damaged = Cli.run("check", at("bit.safetensors"));
    assertEquals(1, damaged.code());
    assertTrue(damaged.err().contains("v is damaged"), damaged.err());
  }

  @Test
  void oneFileMayHoldAllThatPicturesTake() throws IOException {
    String[] pictures = {"-b", "2", "--tokenizer-weights", at("t.safetensors"), "-o", at("p.png")};
    codes(sources(), pictures);
    byte[] expected = Files.readAllBytes(dir.resolve("p.png"));
    compileWithWeights("all.lgc", "--tokenizer-weights", at("t.safetensors"));
    assertEquals(0, alone("all.lgc", "-b", "2", "-o", at("q.png")).code());
    assertArrayEquals(expected, Files.readAllBytes(dir.resolve("q.png")));
    Cli.Result r = alone("all.lgc", "-b", "2", "--tokens-out", at("c.json"));
    assertEquals(0, r.code(), r.err());
    assertFalse(r.out().contains("pictures"), "codes alone were asked for");
    // A tokenizer by itself, too.
    ok("compile", ARCH, "-m", "TinyTokenizer", "--weights", at("t.safetensors"), "-o", at("t.lgc"));
    compileWithWeights("own.lgc");
    r = alone("own.lgc", "-b", "2", "-t", at("t.lgc"), "-o", at("q.png"));
    assertEquals(0, r.code(), r.err());
    assertArrayEquals(expected, Files.readAllBytes(dir.resolve("q.png")));
  }

  @Test
  void weightsThatDoNotFitAreRefused() throws IOException {
    Cli.Result r = alone("g.lgc", "--tokens-out", at("c.json"));
    assertEquals(1, r.code());
    assertTrue(r.err().contains("without weights"), r.err());
    compileWithWeights("int8.lgc", "--weights-type", "int8");
    r = alone("int8.lgc", "-b", "2", "--weights-type", "bf16", "--tokens-out", at("c.json"));
    assertEquals(1, r.code());
    assertTrue(r.err().contains("--weights-type int8"), r.err());
    // With weights of its own, any type will do.
    codes(List.of(at("int8.lgc")), "-b", "2", "--weights-type", "bf16");
    r =
        Cli.run(
            "compile",
            ARCH,
            "-m",
            "TinyGenerator",
            "--weights",
            at("t.safetensors"),
            "-o",
            at("x.lgc"));
    assertEquals(1, r.code());
    assertTrue(r.err().contains("weights of TinyTokenizer"), r.err());
    assertFalse(Files.exists(dir.resolve("x.lgc")));
    byte[] whole = Files.readAllBytes(dir.resolve("int8.lgc"));
    Files.write(dir.resolve("part.lgc"), Arrays.copyOf(whole, 5000));
    r = alone("part.lgc", "-b", "2", "--tokens-out", at("c.json"));
    assertEquals(1, r.code());
    assertTrue(r.err().contains("not a sound .lgc"), r.err());
  }

  @Test
  void damagedAndForeignFilesAreRefused() throws IOException {
    edit(
        "g.lgc",
        "old.lgc",
        (name, bytes) ->
            name.equals("manifest") ? "lgc-artifact 4\n".getBytes(StandardCharsets.UTF_8) : bytes);
    refused("old.lgc", "it is of version 4");
    edit(
        "g.lgc",
        "plan.lgc",
        (name, bytes) ->
            name.startsWith("plans/") ? Arrays.copyOf(bytes, bytes.length - 3) : bytes);
    refused("plan.lgc", "not a sound .lgc");
  }

  @Test
  void aFlippedBitIsRefusedOrChangesNothing() throws IOException {
    String expected = codes(sources(), "-b", "2");
    byte[] whole = Files.readAllBytes(dir.resolve("g.lgc"));
    int refused = 0;
    for (int i = 0; i < 10; i++) {
      byte[] bytes = whole.clone();
      bytes[(int) (whole.length * (i + 0.5) / 10)] ^= 0x10;
      Files.write(dir.resolve("bit.lgc"), bytes);
      Cli.Result r = sample(List.of(at("bit.lgc")), "-b", "2");
      if (r.code() == 0) { // in the zip's own lists, which nobody needs
        assertEquals(expected, Files.readString(dir.resolve("codes.json")));
      } else {
        assertEquals(1, r.code(), r.err());
        assertTrue(r.err().contains("not a sound .lgc"), r.err());
        refused++;
      }
    }
    assertTrue(refused > 0, "every bit may change");
  }

  private void refused(String file, String why) {
    Cli.Result r = sample(List.of(at(file)), "-b", "2");
    assertEquals(1, r.code(), r.err());
    assertTrue(r.err().contains(why), r.err());
  }

  /** The same with nonsense for its text, which whoever checks or plans its model stumbles upon. */
  private void withoutText(String from, String to) throws IOException {
    byte[] nonsense = "nonsense".getBytes(StandardCharsets.UTF_8);
    edit(from, to, (name, bytes) -> name.startsWith("sources/") ? nonsense : bytes);
  }

  /** Writes {@code to} with every entry of {@code from} changed. */
  private void edit(String from, String to, BiFunction<String, byte[], byte[]> change)
      throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    try (InputStream in = Files.newInputStream(dir.resolve(from));
        ZipInputStream zip = new ZipInputStream(in)) {
      for (ZipEntry e = zip.getNextEntry(); e != null; e = zip.getNextEntry()) {
        entries.put(e.getName(), change.apply(e.getName(), zip.readAllBytes()));
      }
    }
    try (OutputStream out = Files.newOutputStream(dir.resolve(to));
        ZipOutputStream zip = new ZipOutputStream(out)) {
      for (Map.Entry<String, byte[]> e : entries.entrySet()) {
        zip.putNextEntry(new ZipEntry(e.getKey()));
        zip.write(e.getValue());
      }
    }
  }
}
