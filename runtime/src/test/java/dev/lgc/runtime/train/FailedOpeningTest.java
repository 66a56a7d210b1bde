package dev.lgc.runtime.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.exec.Program;
import dev.lgc.runtime.io.FileRange;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run that cannot be opened leaves nothing open: no tensors, no thread, no file. */
@Tag("backend")
final class FailedOpeningTest {
  @TempDir private Path dir;

  /** The CPU, which counts the programs whose memory is there. */
  private static final class Counting implements Device {
    private final CpuDevice cpu = new CpuDevice(1);
    private int loaded;
    private int open;

    private Program counted(Program p) {
      loaded++;
      open++;
      return (Program)
          Proxy.newProxyInstance(
              Program.class.getClassLoader(),
              new Class<?>[] {Program.class},
              (proxy, method, args) -> {
                if (method.getName().equals("close")) {
                  open--;
                }
                try {
                  return method.invoke(p, args);
                } catch (InvocationTargetException e) {
                  throw e.getCause();
                }
              });
    }

    @Override
    public String name() {
      return cpu.name();
    }

    @Override
    public Program load(ExecutionPlan plan) {
      return counted(cpu.load(plan));
    }

    @Override
    public Program load(ExecutionPlan plan, FileRange parameters) {
      return counted(cpu.load(plan, parameters));
    }

    @Override
    public void close() {
      cpu.close();
    }
  }

  /** Checks that opening fails; returns how many programs were loaded before it did. */
  private int fails(RunFile run, String why) throws IOException {
    List<Path> before = files();
    try (Counting device = new Counting()) {
      UserError e =
          assertThrows(
              UserError.class,
              () -> new Trainer(TrainJob.of(run), device, new TrainListener() {}).close());
      assertTrue(e.getMessage().contains(why), e.getMessage());
      assertEquals(0, device.open, why);
      assertFalse(isLoading(), why);
      assertEquals(before, files());
      return device.loaded;
    }
  }

  private static boolean isLoading() {
    return Thread.getAllStackTraces().keySet().stream()
        .anyMatch(t -> t.getName().equals("lgc-loader"));
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> all = Files.walk(dir)) {
      return all.sorted().toList();
    }
  }

  private static final String REST = "batch: 2\nsteps: 2\ncheckpoint: {dir: out}\n";

  @Test
  void ofATokenizer() throws IOException {
    assertEquals(1, fails(TinyRuns.tokenizer(dir, REST + "start_from: none\n"), "`start_from`"));
    assertEquals(1, fails(TinyRuns.tokenizer(dir, REST + "weights: {lpips: none}\n"), "`weights`"));
    TinyRuns.train(TinyRuns.tokenizer(dir, REST), new TrainListener() {}, () -> false);
    assertEquals(1, fails(TinyRuns.tokenizer(dir, REST + "seed: 1\n"), "`checkpoint.dir`"));
  }

  @Test
  void ofAGenerator() throws IOException {
    TinyRuns.train(
        TinyRuns.tokenizer(dir, REST.replace("out", "t")), new TrainListener() {}, () -> false);
    TinyCodes.write(dir.resolve("a.codes"), "ant", "bee");
    TinyCodes.write(dir.resolve("b.codes"), "cat");
    String codes = "codes: {path: a.codes}\n" + REST;
    assertEquals(
        1,
        fails(
            TinyRuns.generator(dir, codes.replace("a.codes", "a.codes, held_out: b.codes")),
            "`codes.held_out`"));
    assertEquals(
        1,
        fails(
            TinyRuns.generator(dir, codes.replace("a.codes", "a.codes, captions: none")),
            "`codes.captions`"));
    // The tokenizer did not make these codes: its decoder is loaded by then.
    assertEquals(
        2,
        fails(
            TinyRuns.generator(dir, codes + "samples: {every: 1, count: 2, tokenizer: t}\n"),
            "`samples.tokenizer`"));
  }

  @Test
  void allAreClosedWhateverBecomesOfOne() {
    List<String> closed = new ArrayList<>();
    OpenResources opened = new OpenResources();
    opened.add((AutoCloseable) () -> closed.add("first"));
    opened.add(
        (AutoCloseable)
            () -> {
              throw new IOException("full");
            });
    opened.add((AutoCloseable) () -> closed.add("last"));
    RuntimeException why = new IllegalArgumentException("why");
    opened.closeAfter(why);
    assertEquals(List.of("last", "first"), closed);
    assertEquals("full", why.getSuppressed()[0].getCause().getMessage());
  }
}
