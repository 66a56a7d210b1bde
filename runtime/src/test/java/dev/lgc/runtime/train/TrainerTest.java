package dev.lgc.runtime.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.data.ClassNames;
import dev.lgc.runtime.exec.SeparateMemoryDevice;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.UnwritableException;
import dev.lgc.runtime.model.Checkpoint;
import dev.lgc.runtime.model.RunFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("backend")
final class TrainerTest {
  private static final String SETTINGS =
      """
      batch: 8
      micro_batches: 2
      steps: 10
      optimizer: {lr: 1e-2}
      schedule: {kind: cosine, warmup: 3}
      ema: 0.9
      seed: 7
      """;

  @TempDir private Path dir;

  private RunFile run(String folder, String more) {
    return TinyRuns.tokenizer(
        dir, SETTINGS + Text.format("checkpoint: {dir: %s, %s}\n", folder, more));
  }

  /** Stops before the step after {@code last}. */
  private static final class StopAfter implements TrainListener {
    private final long last;
    private long done;

    StopAfter(long last) {
      this.last = last;
    }

    @Override
    public void step(long now) {
      done = now;
    }

    boolean reached() {
      return done >= last;
    }
  }

  @Test
  void aRunThatGoesOnGivesTheBitsOfOneThatWasNotStopped() throws IOException {
    TinyRuns.train(run("whole", "every: 100"), new TrainListener() {}, () -> false);
    StopAfter four = new StopAfter(4);
    assertEquals(4, TinyRuns.train(run("parts", "every: 100"), four, four::reached));
    assertEquals(
        10, TinyRuns.train(run("parts", "every: 100"), new TrainListener() {}, () -> false));
    TinyRuns.assertSameTensors(
        dir.resolve("whole/step-00000010.safetensors"),
        dir.resolve("parts/step-00000010.safetensors"));
  }

  @Test
  void aDeviceWithMemoryOfItsOwnTrainsTheSameBits() throws IOException {
    TinyRuns.train(run("shared", "every: 100"), new TrainListener() {}, () -> false);
    StopAfter four = new StopAfter(4);
    RunFile separate = run("separate", "every: 3");
    TinyRuns.train(separate, new SeparateMemoryDevice(2), four, four::reached);
    TinyRuns.train(separate, new SeparateMemoryDevice(2), new TrainListener() {}, () -> false);
    TinyRuns.assertSameTensors(
        dir.resolve("shared/step-00000010.safetensors"),
        dir.resolve("separate/step-00000010.safetensors"));
  }

  @Test
  void aRunThatWasKilledGoesOnFromItsLastSoundCheckpoint() throws IOException {
    TinyRuns.train(run("whole", "every: 100"), new TrainListener() {}, () -> false);
    StopAfter six = new StopAfter(6);
    RunFile run = run("killed", "every: 2, keep: 3");
    TinyRuns.train(run, six, six::reached);
    // The newest is torn, as no crash of ours could leave it; what `latest` says is not believed.
    Path newest = dir.resolve("killed/step-00000006.safetensors");
    Files.write(newest, java.util.Arrays.copyOf(Files.readAllBytes(newest), 1000));
    List<String> warnings = new ArrayList<>();
    List<Long> from = new ArrayList<>();
    TrainListener told =
        new TrainListener() {
          @Override
          public void warn(String text) {
            warnings.add(text);
          }

          @Override
          public void begins(long done, long steps) {
            from.add(done);
          }
        };
    TinyRuns.train(run, told, () -> false);
    assertEquals(List.of(4L), from);
    assertTrue(warnings.getFirst().contains("step-00000006"), warnings.toString());
    TinyRuns.assertSameTensors(
        dir.resolve("whole/step-00000010.safetensors"),
        dir.resolve("killed/step-00000010.safetensors"));
  }

  /** A bit that flipped on the disk: what the header says is sound, so the tensors have to tell. */
  @Test
  void aRunGoesOnFromTheCheckpointBeforeADamagedOne() throws IOException {
    StopAfter six = new StopAfter(6);
    RunFile run = run("flipped", "every: 2, keep: 3");
    TinyRuns.train(run, six, six::reached);
    Path newest = dir.resolve("flipped/step-00000006.safetensors");
    byte[] bytes = Files.readAllBytes(newest);
    bytes[bytes.length - 50] ^= 1;
    Files.write(newest, bytes);
    List<String> warnings = new ArrayList<>();
    List<Long> from = new ArrayList<>();
    TrainListener told =
        new TrainListener() {
          @Override
          public void warn(String text) {
            warnings.add(text);
          }

          @Override
          public void begins(long done, long steps) {
            from.add(done);
          }
        };
    TinyRuns.train(run, told, () -> false);
    assertEquals(List.of(4L), from);
    assertEquals(1, warnings.size(), warnings.toString());
    assertTrue(warnings.getFirst().contains("step-00000006.safetensors: "), warnings.toString());
    assertTrue(warnings.getFirst().contains("is damaged"), warnings.toString());
  }

  /** Beginning anew would cut the log and write over what may yet be saved. */
  @Test
  void aRunWhoseCheckpointsAreAllDamagedIsRefused() throws IOException {
    StopAfter four = new StopAfter(4);
    RunFile run = run("ruined", "every: 2, keep: 3");
    logged(run, four);
    String log = Files.readString(dir.resolve("ruined/metrics.jsonl"));
    Path older = dir.resolve("ruined/step-00000002.safetensors");
    Path newer = dir.resolve("ruined/step-00000004.safetensors");
    Files.write(older, java.util.Arrays.copyOf(Files.readAllBytes(older), 1000));
    byte[] flipped = Files.readAllBytes(newer);
    flipped[flipped.length - 50] ^= 1;
    Files.write(newer, flipped);
    String said = assertThrows(UserError.class, () -> logged(run, new StopAfter(99))).getMessage();
    assertTrue(said.contains("`checkpoint.dir`: "), said);
    assertTrue(
        said.contains(
            "every checkpoint is damaged: step-00000002.safetensors,"
                + " step-00000004.safetensors"),
        said);
    assertTrue(said.contains("move them away to start from the beginning"), said);
    assertEquals(log, Files.readString(dir.resolve("ruined/metrics.jsonl")));
    Files.delete(older);
    Files.delete(newer);
    logged(run, new StopAfter(99));
    assertTrue(Files.exists(dir.resolve("ruined/step-00000010.safetensors")), "begun anew");
  }

  /** What the system does not let us read may be sound: an older one is not taken in its place. */
  @Test
  void aCheckpointThatCannotBeReadEndsTheRun() throws IOException {
    StopAfter four = new StopAfter(4);
    RunFile run = run("locked", "every: 2, keep: 3");
    TinyRuns.train(run, four, four::reached);
    Path newer = dir.resolve("locked/step-00000004.safetensors");
    Files.move(newer, dir.resolve("away"));
    Files.createSymbolicLink(newer, newer.getFileName()); // a link to itself: ELOOP, even for root
    UserError e =
        assertThrows(
            UserError.class, () -> TinyRuns.train(run, new TrainListener() {}, () -> false));
    assertTrue(
        e.getMessage().contains("step-00000004.safetensors: cannot be read: "), e.getMessage());
  }

  /** A damaged checkpoint is not one of those that are kept. */
  @Test
  void damagedCheckpointsDoNotCountAmongThoseThatAreKept() throws IOException {
    StopAfter six = new StopAfter(6);
    RunFile run = run("counted", "every: 3, keep: 2");
    TinyRuns.train(run, six, six::reached);
    Path newest = dir.resolve("counted/step-00000006.safetensors");
    byte[] bytes = Files.readAllBytes(newest);
    bytes[bytes.length - 50] ^= 1;
    Files.write(newest, bytes);
    StopAfter five = new StopAfter(5);
    TinyRuns.train(run, five, five::reached);
    for (int step : new int[] {3, 5, 6}) {
      Path file = dir.resolve(Text.format("counted/step-%08d.safetensors", step));
      assertTrue(Files.exists(file), file.toString());
    }
  }

  /** Lines of the log are averages over several steps, which a stop may fall between. */
  @Test
  void theLogOfARunThatGoesOnIsThatOfOneThatWasNotStopped() throws IOException {
    RunFile whole =
        run("logged", "every: 2}\nlog: {every: 3, held_out_every: 4, held_out_batches: 1");
    RunFile parts =
        run("torn", "every: 2}\nlog: {every: 3, held_out_every: 4, held_out_batches: 1");
    logged(whole, new StopAfter(99));
    logged(parts, new StopAfter(4));
    logged(parts, new StopAfter(7));
    logged(parts, new StopAfter(99));
    assertEquals(TinyRuns.rows(dir.resolve("logged")), TinyRuns.rows(dir.resolve("torn")));
    assertTrue(Files.size(dir.resolve("torn/loss.png")) > 0);
  }

  private static void logged(RunFile run, StopAfter stop) throws IOException {
    Path folder = run.resolve(run.config().checkpoint().dir());
    try (RunLog log = new RunLog(new RunFolder(folder), true, w -> {})) {
      TinyRuns.train(run, new Listeners(List.of(log, stop)), stop::reached);
    }
  }

  /** The second checkpoint goes to a device that has no space, ever. */
  @Test
  void aFullDiskEndsARunWithTheNameOfTheCheckpointThatIsSound() throws IOException {
    Path full = Path.of("/dev/full");
    assumeTrue(Files.exists(full));
    Files.createDirectories(dir.resolve("full"));
    Path second = dir.resolve("full/step-00000002.safetensors");
    RunFile run = run("full", "every: 1");
    TrainListener fills =
        new TrainListener() {
          @Override
          public void step(long done) {
            if (done == 2) {
              link(second, full);
            }
          }
        };
    UnwritableException e =
        assertThrows(UnwritableException.class, () -> TinyRuns.train(run, fills, () -> false));
    assertTrue(e.what().contains("step-00000002.safetensors: cannot be written: No space left"));
    assertTrue(e.safe().startsWith("step-00000001.safetensors is sound"), e.safe());
    Files.delete(second);
    assertEquals(10, TinyRuns.train(run, new TrainListener() {}, () -> false));
  }

  private static void link(Path from, Path to) {
    try {
      Files.createSymbolicLink(from, to);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aRunWhoseFilesHaveTheDigitsOfAnotherLocaleGoesOn() throws IOException {
    StopAfter four = new StopAfter(4);
    TinyRuns.train(run("digits", "every: 2, keep: 1"), four, four::reached);
    Path folder = dir.resolve("digits");
    String arabic = "step-\u0660\u0660\u0660\u0660\u0660\u0660\u0660\u0664.safetensors";
    Files.move(folder.resolve("step-00000004.safetensors"), folder.resolve(arabic));
    Files.writeString(folder.resolve("latest"), arabic + "\n");
    StopAfter six = new StopAfter(6);
    assertEquals(6, TinyRuns.train(run("digits", "every: 2, keep: 1"), six, six::reached));
    assertTrue(Files.exists(folder.resolve("step-00000006.safetensors")));
    assertTrue(Files.notExists(folder.resolve(arabic)), "`keep` counts it");
  }

  @Test
  void microBatchesGiveTheGradientOfTheWholeBatch() throws IOException {
    String without = "batch: 8\nsteps: 3\noptimizer: {kind: adam}\ncheckpoint: {dir: %s}\n%s";
    List<Double> losses = new ArrayList<>();
    for (int micros : new int[] {1, 4}) {
      RunFile run =
          TinyRuns.run(
              dir,
              Text.format("model: {arch: \"%s\", name: TinyTokenizer}\n", TinyRuns.arch())
                  + "data: {kind: drawn, count: 40}\n"
                  + Text.format(
                      without, "m" + micros, "micro_batches: " + micros + "\nlog: {every: 1}\n"));
      TrainListener first =
          new TrainListener() {
            @Override
            public void metrics(long done, Map<String, Double> values) {
              if (done == 1) {
                losses.add(values.get("judge.gradient_norm"));
              }
            }
          };
      TinyRuns.train(run, first, () -> false);
    }
    // The discriminator sees dropout only through the reconstruction: nearly the same numbers.
    assertEquals(losses.get(0), losses.get(1), 0.1 * losses.get(0));
  }

  @Test
  void trainingLowersTheHeldOutLoss() throws IOException {
    RunFile run =
        TinyRuns.tokenizer(
            dir,
            "batch: 8\nsteps: 200\noptimizer: {kind: adam, lr: 1e-2}\ncheckpoint: {dir: long}\n"
                + "log: {held_out_every: 100, held_out_batches: 1, every: 1}\n");
    List<Double> heldOut = new ArrayList<>();
    List<Double> losses = new ArrayList<>();
    TrainListener told =
        new TrainListener() {
          @Override
          public void heldOut(long done, Map<String, Double> values) {
            heldOut.add(values.get("tokenizer"));
          }

          @Override
          public void metrics(long done, Map<String, Double> values) {
            losses.add(values.get("tokenizer.loss"));
          }
        };
    TinyRuns.train(run, told, () -> false);
    assertEquals(2, heldOut.size());
    assertTrue(heldOut.getLast() < 0.7 * losses.getFirst(), heldOut + " " + losses.getFirst());
  }

  @Test
  void anotherModelsCheckpointIsRefusedAndWhatDiffersIsSaid() throws IOException {
    StopAfter one = new StopAfter(1);
    TinyRuns.train(run("kept", "every: 100"), one, one::reached);
    RunFile other =
        TinyRuns.run(
            dir,
            Text.format(
                    "model: {arch: \"%s\", name: TinyTokenizer, parameters: {codes: 32}}\n",
                    TinyRuns.arch())
                + "data: {kind: drawn, count: 40, held_out: 5}\n"
                + SETTINGS
                + "checkpoint: {dir: kept}\n");
    UserError e =
        assertThrows(
            UserError.class, () -> TinyRuns.train(other, new TrainListener() {}, () -> false));
    assertTrue(e.getMessage().contains("`checkpoint.dir`: "), e.getMessage());
    assertTrue(
        e.getMessage().contains("its codes was its default, the run's is 32"), e.getMessage());
  }

  @Test
  void aRunGoesOnWithLargerPicturesAndSaysSo() throws IOException {
    StopAfter one = new StopAfter(1);
    TinyRuns.train(run("grown", "every: 100"), one, one::reached);
    RunFile larger =
        TinyRuns.run(
            dir,
            Text.format(
                    "model: {arch: \"%s\", name: TinyTokenizer, parameters: {image: 16}}\n",
                    TinyRuns.arch())
                + "data: {kind: drawn, count: 40, held_out: 5}\n"
                + SETTINGS
                + "checkpoint: {dir: grown}\n");
    List<String> warnings = new ArrayList<>();
    TrainListener told =
        new TrainListener() {
          @Override
          public void warn(String text) {
            warnings.add(text);
          }
        };
    assertEquals(10, TinyRuns.train(larger, told, () -> false));
    assertEquals(List.of("model parameter image was 8 and is now 16"), warnings);
  }

  @Test
  void aLossGoneWrongIsTracedToItsLine() {
    RunFile run =
        TinyRuns.tokenizer(
            dir,
            "batch: 8\n"
                + "steps: 50\n"
                + "optimizer: {lr: 1000, weight_decay: 0.5, clip: 0}\n"
                + "checkpoint: {dir: nan}\n");
    BadInputException e =
        assertThrows(
            BadInputException.class,
            () -> TinyRuns.train(run, new TrainListener() {}, () -> false));
    assertTrue(e.getMessage().matches("(?s).*step \\d+: .*tiny.arch:\\d+.*"), e.getMessage());
  }

  @Test
  void aCheckpointSaysWhatItIsOf() throws IOException {
    StopAfter one = new StopAfter(1);
    TinyRuns.train(run("about", "every: 100"), one, one::reached);
    Checkpoint about = Checkpoint.read(dir.resolve("about/step-00000001.safetensors"));
    assertEquals("TinyTokenizer", about.model().name());
    assertEquals(1, about.step());
    assertEquals(8, about.position());
    assertEquals(7, about.seed());
    assertEquals("circle", ClassNames.of(about.facts()).names().getFirst());
  }
}
