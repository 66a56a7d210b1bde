package dev.lgc.runtime.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.memory.MemoryBound;
import dev.lgc.runtime.memory.MemoryBounds;
import dev.lgc.runtime.memory.MemoryFit;
import dev.lgc.runtime.memory.MemoryNeed;
import dev.lgc.runtime.model.WeightsChoice;
import dev.lgc.runtime.sample.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run that does not fit is refused with settings that do. */
@Tag("backend")
final class TrainMemoryTest {
  private static final Pattern REMEDY = Pattern.compile("`(\\w+: \\w+)` takes ([^;\\n]*)");

  @TempDir private Path dir;

  @Test
  void whatIsProposedFitsWhenItIsDone() {
    TrainJob job = job("batch: 256\n");
    MemoryBounds bounds = boundsThatLack(job, 2);
    UserError e = assertThrows(UserError.class, () -> require(job, bounds));
    String message = e.getMessage();
    assertTrue(message.contains("run.yaml:3:"), message);
    assertTrue(message.contains("training TinyTokenizer may need "), message);
    assertTrue(message.contains("within the limit of this container (box)"), message);
    Matcher m = REMEDY.matcher(message);
    List<String> proposed = new ArrayList<>();
    while (m.find()) {
      if (!m.group(2).contains("too much")) {
        proposed.add(m.group(1));
      }
    }
    assertTrue(proposed.stream().anyMatch(x -> x.startsWith("micro_batches")), message);
    assertTrue(proposed.stream().anyMatch(x -> x.startsWith("batch")), message);
    for (String settings : proposed) {
      String batch = settings.startsWith("batch") ? "" : "batch: 256\n";
      assertEquals(List.of(), require(job(batch + settings + "\n"), bounds), settings);
    }
  }

  @Test
  void whatFitsInTheLimitButBarelyIsAWarning() {
    TrainJob job = job("batch: 256\n");
    long need = TrainMemory.need(job).process();
    List<String> warnings = require(job, bounds(MemoryBound.Kind.MACHINE, need * 104 / 100, 0));
    assertEquals(1, warnings.size());
    assertTrue(warnings.getFirst().contains("it may swap"), warnings.toString());
    assertEquals(1, require(job, bounds(MemoryBound.Kind.GROUP, need / 2, need)).size());
    assertEquals(List.of(), require(job, bounds(MemoryBound.Kind.GROUP, need * 2, 0)));
    assertEquals(List.of(), require(job, new MemoryBounds(List.of(), 0)), "nothing is known");
  }

  @Test
  void ofAContainersLimitSomeIsKeptInReserve() {
    TrainJob job = job("batch: 256\n");
    long need = TrainMemory.need(job).process();
    MemoryBounds bounds = bounds(MemoryBound.Kind.GROUP, need * 104 / 100, 0);
    assertThrows(UserError.class, () -> require(job, bounds));
  }

  @Test
  void heldOutPicturesAreMadeAheadToo() {
    MemoryNeed none = TrainMemory.need(job("batch: 32\n"));
    MemoryNeed some = TrainMemory.need(job("batch: 32\n", ", held_out: 2"));
    long pictures = 32 * (3 * 128 * 128 + 1) * 4L;
    assertEquals(3 * pictures, some.buffers() - none.buffers());
    // The pictures and what one objective gives to the other, once, and a buffer of 6 numbers.
    long working =
        CpuDevice.need(List.of(job("batch: 32\n").plan()), CpuDevice.threads(0)).buffers();
    assertEquals(3 * pictures + 2 * (pictures - 32 * 4) + 6 * 4, none.buffers() - working);
  }

  /** Trains a tokenizer of large pictures for a step, in the folder {@code t}. */
  private void trainTokenizer() throws IOException {
    TinyRuns.train(
        TinyRuns.run(
            dir,
            "model: {arch: \""
                + TinyRuns.arch()
                + "\", name: TinyTokenizer, parameters: {image: 512}}\n"
                + "data: {kind: drawn, count: 10}\nbatch: 2\nsteps: 1\ncheckpoint: {dir: t}\n"),
        new TrainListener() {},
        () -> false);
  }

  @Test
  void theCopyThatIsSavedBesideTheStepsIsCounted() {
    String run = "codes: {path: a.codes}\nbatch: 2\nsteps: %d\ncheckpoint: {dir: g, every: 1}\n";
    RunFile once = TinyRuns.generator(dir, Text.format(run, 1));
    assertEquals(0, TrainMemory.need(TrainJob.of(once)).copy(), "saved at the end only");
    TrainJob job = TrainJob.of(TinyRuns.generator(dir, Text.format(run, 2)));
    MemoryNeed need = TrainMemory.need(job);
    long parameters = job.model().parameterCount();
    assertEquals(3 * parameters * Float.BYTES, need.copy(), "with both moments");
    long room = need.process() + 2 * need.copy();
    assertTrue(MemoryFit.allowsCopy(need, bounds(MemoryBound.Kind.MACHINE, room, 0)));
    MemoryBounds less = bounds(MemoryBound.Kind.MACHINE, room - 2, 0);
    assertFalse(MemoryFit.allowsCopy(need, less), "half of what is left stays free");
    assertTrue(MemoryFit.of(need, less).mayFit(), "training saves without it");
  }

  @Test
  void theDecoderOfTheirPicturesIsPartOfGenerators() throws IOException {
    trainTokenizer();
    String run =
        "codes: {path: a.codes}\nbatch: 16\nsteps: 1\ncheckpoint: {dir: g}\n"
            + "samples: {every: %d, count: 16, tokenizer: %s}\n";
    TrainJob draws = TrainJob.of(TinyRuns.generator(dir, Text.format(run, 1, "t")));
    TrainJob without = TrainJob.of(TinyRuns.generator(dir, Text.format(run, 0, "t")));
    long decoder =
        Tokenizer.plan(dir.resolve("t"), WeightsChoice.best(), 16, w -> {}, "decode")
            .plan()
            .totalBytes();
    MemoryNeed need = TrainMemory.need(draws);
    assertEquals(draws.plan().totalBytes() + decoder, need.tensors());
    assertEquals(without.plan().totalBytes(), TrainMemory.need(without).tensors());
    assertTrue(need.kernels() > draws.plan().kernels().size());
    MemoryBounds lacking = bounds(MemoryBound.Kind.MACHINE, need.process() - decoder / 2, 0);
    String message = assertThrows(UserError.class, () -> require(draws, lacking)).getMessage();
    assertTrue(message.contains("`samples: {every: 0}` takes "), message);
    require(without, lacking);
    // Where it is not trained yet, `plan` says so, and `train` refuses.
    TrainJob early = TrainJob.of(TinyRuns.generator(dir, Text.format(run, 1, "none")));
    assertTrue(early.decoder().orElseThrow().missing().isPresent());
    assertTrue(
        assertThrows(UserError.class, () -> require(early, new MemoryBounds(List.of(), 0)))
            .getMessage()
            .contains("`samples.tokenizer`: "));
  }

  @Test
  void theMemoryThatIsProposedIsOfTheSettingsThatAreProposedWithIt() throws IOException {
    trainTokenizer();
    String run =
        "model: {arch: \""
            + TinyRuns.arch()
            + "\", name: TinyGenerator, parameters: {image: 128, dim: 64}}\n"
            + "codes: {path: a.codes}\nbatch: 32\nsteps: 1\ncheckpoint: {dir: g}\n";
    String draws = "samples: {every: 1, count: 1, tokenizer: t}\n";
    TrainJob fits = TrainJob.of(TinyRuns.run(dir, run + "micro_batches: 32\n"));
    long planned = (fits.plan().totalBytes() + 999_999) / 1_000_000;
    assertTrue(planned > 3, planned + " MB tell little");
    long has = TrainMemory.need(fits).process() * 102 / 100;
    MemoryBounds bounds = bounds(MemoryBound.Kind.MACHINE, has, 0);
    TrainJob job = TrainJob.of(TinyRuns.run(dir, run + draws));
    String message = assertThrows(UserError.class, () -> require(job, bounds)).getMessage();
    assertTrue(
        message.contains(
            "`micro_batches: 32` with `memory: " + planned + "MB` and `samples: {every: 0}`"),
        message);
  }

  private static List<String> require(TrainJob job, MemoryBounds bounds) {
    List<String> warnings = new ArrayList<>();
    TrainMemory.require(job, bounds, warnings::add);
    return warnings;
  }

  /** A container that has a part of the tensors' memory too little. */
  private static MemoryBounds boundsThatLack(TrainJob job, int part) {
    MemoryNeed need = TrainMemory.need(job);
    return bounds(
        MemoryBound.Kind.GROUP, need.process() + need.tensors() / 50 - need.tensors() / part, 0);
  }

  private static MemoryBounds bounds(MemoryBound.Kind kind, long limit, long swap) {
    return new MemoryBounds(
        List.of(
            new MemoryBound(kind, "box", limit, 0, swap),
            new MemoryBound(MemoryBound.Kind.MACHINE, "", 1L << 50, 0, 0)),
        0);
  }

  private TrainJob job(String settings) {
    return job(settings, "");
  }

  private TrainJob job(String settings, String data) {
    return TrainJob.of(
        TinyRuns.run(
            dir,
            Text.format(
                """
                model: {arch: "%s", name: TinyTokenizer, parameters: {image: 128}}
                data: {kind: drawn, count: 10%s}
                %s
                steps: 1
                checkpoint: {dir: out}
                """,
                TinyRuns.arch(), data, settings.strip())));
  }
}
