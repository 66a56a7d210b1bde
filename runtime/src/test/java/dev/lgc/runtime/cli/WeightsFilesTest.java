package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.TestResources;
import dev.lgc.runtime.io.FolderLock;
import dev.lgc.runtime.io.SafetensorsFile;
import dev.lgc.runtime.io.SafetensorsWriter;
import dev.lgc.runtime.io.StoredType;
import dev.lgc.runtime.io.TensorEntry;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Weights from elsewhere, as commands take them: under other names, and when they are unsound. */
@Tag("backend")
final class WeightsFilesTest {
  private static final String ARCH = TestResources.path("models/tiny.arch").toString();

  @TempDir private Path dir;
  private String codes;

  @BeforeEach
  void weights() throws IOException {
    FirstWeights.write("TinyGenerator", dir.resolve("g.safetensors"));
    Cli.Result r = sample("g.safetensors");
    assertEquals(0, r.code(), r.err());
    assertEquals("", r.err());
    codes = Files.readString(dir.resolve("codes.json"));
  }

  private String at(String name) {
    return dir.resolve(name).toString();
  }

  private Cli.Result sample(String weights) {
    return Cli.run(
        "sample",
        ARCH,
        "-m",
        "TinyGenerator",
        "--weights",
        at(weights),
        "--class",
        "1,7",
        "--seed",
        "3",
        "--tokens-out",
        at("codes.json"));
  }

  /** The weights with each tensor changed, as a file of another program. */
  private void edit(String to, Function<TensorEntry, List<TensorEntry>> change) throws IOException {
    try (SafetensorsFile f = SafetensorsFile.open(dir.resolve("g.safetensors"))) {
      List<TensorEntry> all = new ArrayList<>();
      f.tensors().forEach(t -> all.addAll(change.apply(t)));
      SafetensorsWriter.write(dir.resolve(to), Map.of(), all);
    }
  }

  private static TensorEntry named(TensorEntry t, String name) {
    return new TensorEntry(name, t.dtype(), t.shape(), t.data());
  }

  private static TensorEntry filled(TensorEntry t, String name, float value) {
    float[] x = new float[(int) t.elements()];
    java.util.Arrays.fill(x, value);
    return new TensorEntry(name, StoredType.F32, t.shape(), MemorySegment.ofArray(x));
  }

  private void drawsTheSame(String weights, String note) throws IOException {
    Cli.Result r = sample(weights);
    assertEquals(0, r.code(), r.err());
    assertTrue(r.err().contains(note), r.err());
    assertEquals(codes, Files.readString(dir.resolve("codes.json")));
  }

  @Test
  void knownPrefixesAreTakenOffAndNamed() throws IOException {
    for (String prefix :
        List.of("module.", "_orig_mod.", "model.", "ema.", "module._orig_mod.", "ema.module.")) {
      edit("p.safetensors", t -> List.of(named(t, prefix + t.name())));
      drawsTheSame(
          "p.safetensors", "p.safetensors: `" + prefix + "` is taken off the names of its tensors");
    }
  }

  @Test
  void wrappersInsideOfNamesAreTakenOutAndNamed() throws IOException {
    edit(
        "w.safetensors",
        t ->
            List.of(named(t, t.name().equals("label_table") ? "_orig_mod." + t.name() : t.name())));
    drawsTheSame("w.safetensors", "`_orig_mod.` is taken off");
  }

  /** For sampling, averages are wanted; a plain name is the model's own. */
  @Test
  void ofTwoSetsTheAverageIsTakenAndTheOtherNamed() throws IOException {
    edit(
        "two.safetensors",
        t -> List.of(named(t, "ema." + t.name()), filled(t, "model." + t.name(), 0)));
    drawsTheSame("two.safetensors", "`ema.` is taken off the names of its tensors; it also has");
    edit("own.safetensors", t -> List.of(t, filled(t, "ema." + t.name(), 0)));
    drawsTheSame("own.safetensors", "");
  }

  @Test
  void whatIsMissingIsCountedWithWhatTheFileHas() throws IOException {
    edit(
        "near.safetensors",
        t -> List.of(named(t, t.name().replace("label_table", "labels_table"))));
    Cli.Result near = sample("near.safetensors");
    assertEquals(1, near.code());
    assertTrue(near.err().contains("no tensor label_table"), near.err());
    assertTrue(near.err().contains("[11, 8], which TinyGenerator has"), near.err());
    assertTrue(near.err().contains("near: labels_table, code_table; it has 7: "), near.err());

    edit("other.safetensors", t -> List.of(named(t, "transformer.h." + t.name())));
    Cli.Result other = sample("other.safetensors");
    assertEquals(1, other.code());
    assertTrue(other.err().matches("(?s).*no tensor \\w+ nor \\d+ more of \\d+.*"), other.err());
    assertTrue(other.err().contains("does it belong to another model?"), other.err());

    Files.copy(dir.resolve("near.safetensors"), dir.resolve("m-00001-of-00003.safetensors"));
    Cli.Result shard = sample("m-00001-of-00003.safetensors");
    assertEquals(1, shard.code());
    assertTrue(shard.err().contains("one of several files"), shard.err());
    assertTrue(shard.err().contains("join the shards"), shard.err());
  }

  @Test
  void everyCommandNamesNumbersThatAreNotFinite() throws IOException {
    edit(
        "nan.safetensors",
        t -> List.of(t.name().equals("label_table") ? filled(t, t.name(), Float.NaN) : t));
    String said = "label_table: 88 of 88 numbers are NaN or infinite, the first, NaN, at [0, 0]";
    for (String type : List.of("f32", "bf16", "int8")) {
      Cli.Result r =
          Cli.run(
              "sample",
              ARCH,
              "-m",
              "TinyGenerator",
              "--weights",
              at("nan.safetensors"),
              "--class",
              "1",
              "--weights-type",
              type,
              "--tokens-out",
              at("c.json"));
      assertEquals(1, r.code(), r.err());
      assertTrue(r.err().contains(said), r.err());
    }
    Cli.Result compiled =
        Cli.run(
            "compile",
            ARCH,
            "-m",
            "TinyGenerator",
            "--weights",
            at("nan.safetensors"),
            "-o",
            at("g.lgc"));
    assertEquals(1, compiled.code());
    assertTrue(compiled.err().contains(said), compiled.err());
    assertTrue(Files.notExists(dir.resolve("g.lgc")));
  }

  /** Where a model is wanted, too, a pickle is called one. */
  @Test
  void commandsThatWantAModelSayWhatWeightsAre() {
    String pickle = TestResources.path("io/new.pt").toString();
    for (String command : List.of("check", "plan", "show")) {
      Cli.Result r = Cli.run(command, pickle);
      assertEquals(1, r.code(), command);
      assertTrue(r.err().contains("a PyTorch checkpoint (a Python pickle)"), r.err());
    }
  }

  /** A run's folder is one process's at a time; who has it is said at once. */
  @Test
  void aSecondRunInAFolderIsRefused() throws IOException {
    Path run =
        Files.writeString(
            dir.resolve("run.yaml"),
            "model: {arch: \""
                + ARCH
                + "\", name: TinyTokenizer}\ndata: {kind: drawn, count: 8}\n"
                + "batch: 4\nsteps: 1\ncheckpoint: {dir: out}\n");
    try (FolderLock first = FolderLock.acquire(dir.resolve("out"), "a run", "", w -> {})) {
      Cli.Result second = Cli.run("train", run.toString());
      assertEquals(1, second.code(), second.err());
      assertTrue(second.err().contains("a run is being written here by process "), second.err());
    }
    Cli.Result alone = Cli.run("train", run.toString());
    assertEquals(0, alone.code(), alone.err());
  }
}
