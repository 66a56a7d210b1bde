package dev.lgc.runtime.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.runtime.Fuzz;
import dev.lgc.runtime.TestResources;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.io.SafetensorsFile;
import dev.lgc.runtime.io.TensorEntry;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Mutated checkpoints and weights: what is read is what was written, or the file is refused in one
 * line, in bounded memory. {@code -Dlgc.fuzz.seconds=3600} goes on for an hour.
 */
@Tag("backend")
final class WeightsFuzzTest {
  private static final int TRIES = 600;

  /** Bytes that a small file may make a command allocate. */
  private static final long MOST_BYTES = 32 << 20;

  @TempDir private Path dir;

  @Test
  void aMutatedCheckpointIsReadAsItWasWrittenOrRefused() throws IOException {
    ModelChoice choice =
        new ModelChoice(
            TestResources.path("models/tiny.arch").toString(), "TinyGenerator", Map.of());
    List<Request> requests =
        Request.training(
            List.of("next_code"), new Request.Optimizer(0.9, 0.95, 1e-8, 0.05, 1, true), false);
    ExecutionPlan plan = Models.plan(Models.check(choice, 2), requests);
    Path sound = dir.resolve("step-00000001.safetensors");
    Fuzz fuzz = new Fuzz("weights");
    try (Device device = new CpuDevice(1);
        Session session = Session.open(plan, device)) {
      RandomKeys.write(session.input("init", "key"), 5, 0, 0);
      session.run("init");
      Weights weights = new Weights(session, plan);
      ArchSources sources = ArchSources.of(Models.load(choice));
      Checkpoint about = Checkpoint.elsewhere(choice, sources);
      weights.save(sound, about);
      byte[] good = Files.readAllBytes(sound);
      for (int i = 0; fuzz.goesOn(i, TRIES); i++) {
        byte[] bad = i % 2 == 0 ? fuzz.damage(good) : mutateHeader(good, fuzz.random());
        Path file = Files.write(dir.resolve("damaged.safetensors"), bad);
        boundedly(() -> fuzz.succeedsOrExplains(() -> read(file, sound, weights)));
      }
    }
  }

  /** Files that begin as those of other formats do, and go on as they like. */
  @Test
  void foreignFilesAreRefusedWhateverIsInThem() throws IOException {
    Fuzz fuzz = new Fuzz("foreign");
    List<byte[]> bases = new ArrayList<>();
    for (String name : List.of("io/new.pt", "io/old.pt", "io/rare.safetensors")) {
      bases.add(Files.readAllBytes(TestResources.path(name)));
    }
    String index = "{\"metadata\":{},\"weight_map\":{\"a\":\"m-1-of-2.safetensors\",\"b\":[{}]}}";
    bases.add(index.getBytes(StandardCharsets.UTF_8));
    for (int i = 0; fuzz.goesOn(i, TRIES); i++) {
      byte[] bad = fuzz.damage(bases.get(i % bases.size()));
      Path file = Files.write(dir.resolve("foreign.pt"), bad);
      boundedly(
          () ->
              fuzz.succeedsOrExplains(
                  () -> {
                    try (SafetensorsFile f = SafetensorsFile.open(file)) {
                      f.check();
                    }
                  }));
    }
  }

  /** Everything a command may do with it. */
  private static void read(Path file, Path sound, Weights weights) {
    try (SafetensorsFile f = SafetensorsFile.open(file)) {
      f.check();
      weights.load(f, true);
      weights.resume(f);
      if (f.hasChecksums()) {
        // It claims to be what was written, so it is.
        try (SafetensorsFile was = SafetensorsFile.open(sound)) {
          assertEquals(was.metadata(), f.metadata());
          for (TensorEntry t : was.tensors()) {
            assertEquals(t, f.tensor(t.name()));
          }
        }
      }
      Checkpoint.of(f);
    }
  }

  private static void boundedly(Runnable body) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    body.run();
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    assertTrue(allocated < MOST_BYTES, allocated + " bytes allocated");
  }

  /** Another header before the same tensors, of a length that fits. */
  private static byte[] mutateHeader(byte[] good, Random random) {
    ByteBuffer b = ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN);
    int length = (int) b.getLong(0);
    String header = new String(good, 8, length, StandardCharsets.UTF_8);
    for (int n = random.nextInt(3); n >= 0; n--) {
      header = mutate(header, random);
    }
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer out =
        ByteBuffer.allocate(8 + text.length + good.length - 8 - length)
            .order(ByteOrder.LITTLE_ENDIAN);
    return out.putLong(text.length)
        .put(text)
        .put(good, 8 + length, good.length - 8 - length)
        .array();
  }

  private static String mutate(String header, Random random) {
    List<String> words = new ArrayList<>();
    java.util.regex.Matcher m =
        java.util.regex.Pattern.compile(
                "\"[^\"\\\\]*+(?:\\\\.[^\"\\\\]*+)*+\"|-?\\d+|[{}\\[\\]:,]|\\s+")
            .matcher(header);
    while (m.find()) {
      words.add(m.group());
    }
    if (words.isEmpty()) {
      return header;
    }
    String[] values = {
      "-1", "0", "1", "4", "9223372036854775807", "99999999999999999999", "1e308", "null", "true",
      "\"\"", "\"F32\"", "\"BF16\"", "\"F4\"", "\"I64\"", "\"BOOL\"", "\"\\ud800\"", "{}", "[]",
      "[[[[]]]]", "{\"a\":{}}", "\"shape\"", "\"__metadata__\"", " ", "\n"
    };
    int at = random.nextInt(words.size());
    switch (random.nextInt(5)) {
      case 0 -> words.remove(at);
      case 1 -> words.add(at, words.get(random.nextInt(words.size())));
      case 2 -> words.set(at, words.get(random.nextInt(words.size())));
      case 3 -> words.set(at, values[random.nextInt(values.length)]);
      default -> {
        int numbers = words.size();
        for (int i = 0; i < numbers && !words.get(at).matches("\\d+"); i++) {
          at = (at + 1) % numbers;
        }
        words.set(at, values[random.nextInt(7)]);
      }
    }
    return String.join("", words);
  }
}
