package dev.lgc.runtime.exec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.emit.jvm.Machine;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Origin;
import dev.lgc.compiler.op.Gather;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.op.Log;
import dev.lgc.compiler.op.Silu;
import dev.lgc.compiler.op.Softmax;
import dev.lgc.compiler.op.Stored;
import dev.lgc.compiler.plan.Arena;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Plans;
import dev.lgc.compiler.rewrite.Decompose;
import dev.lgc.compiler.rewrite.storage.StorageDeclaration;
import dev.lgc.compiler.rewrite.storage.StoredId.Role;
import dev.lgc.dsl.model.SourcePlace;
import dev.lgc.dsl.type.TensorType;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.device.tornado.TornadoDevice;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.FileRange;
import dev.lgc.runtime.tensor.Tensor;
import dev.lgc.runtime.tune.Tuning;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sessions run plans: the same numbers on every device and for every number of threads. */
@Tag("backend")
final class SessionTest {
  private static final int ROWS = 37;
  private static final int CODES = 50;
  private static final int DIM = 40;
  private static final Origin LOOKUP =
      new Origin(new SourcePlace("tiny.arch", 7, 3), "embedding", "");

  private final List<StorageDeclaration> stored =
      List.of(
          new StorageDeclaration("table", Role.PARAMETER, TensorType.f32(CODES, DIM)),
          new StorageDeclaration("weight", Role.PARAMETER, TensorType.f32(CODES, DIM)),
          new StorageDeclaration("seen", Role.BUFFER, TensorType.f32(DIM)));

  /** Embeds codes, gates, projects, takes probabilities; keeps the column sums of what it saw. */
  private Graph graph() {
    GraphBuilder b = new GraphBuilder();
    int codes = b.add(new Input("codes", TensorType.i32(ROWS)));
    int table = b.add(new Stored("table", TensorType.f32(CODES, DIM)));
    int weight = b.add(new Stored("weight", TensorType.f32(CODES, DIM)));
    int x = b.at(LOOKUP, () -> b.add(new Gather(), table, codes));
    int gated = b.mul(b.add(new Silu(), x), x);
    int logits = b.contract("ri,oi->ro", gated, weight);
    int p = b.add(new Softmax(1), logits);
    Map<String, Integer> outputs = new LinkedHashMap<>();
    outputs.put("p", p);
    outputs.put("log", b.add(new Log(), x));
    return Decompose.all(b.build("forward", outputs, Map.of("seen", b.sum(gated, List.of(0)))));
  }

  private ExecutionPlan plan() {
    return Plans.of("tiny", stored, List.of(graph()));
  }

  private static void fill(Session s) {
    Random r = new Random(5);
    for (String key : List.of("table", "weight")) {
      s.editStorageTensor(key).fill(r.doubles(CODES * DIM, 0.1, 1).toArray());
    }
    s.inputTensor("forward", "codes").fill(r.ints(ROWS, 0, CODES).asDoubleStream().toArray());
  }

  private static Map<String, double[]> results(Session s) {
    Map<String, double[]> all = new LinkedHashMap<>();
    all.put("p", s.outputTensor("forward", "p").toArray());
    all.put("log", s.outputTensor("forward", "log").toArray());
    all.put("seen", s.storageTensor("seen").toArray());
    return all;
  }

  private Map<String, double[]> run(Device device, int times) {
    try (device;
        Session s = Session.open(plan(), device)) {
      fill(s);
      for (int i = 0; i < times; i++) {
        s.run("forward");
      }
      return results(s);
    }
  }

  @Test
  void devicesAgreeWithTheInterpreter() {
    Map<String, double[]> want =
        run(new InterpreterDevice(List.of(graph()), Precision.AS_TYPED), 1);
    List<Device> devices =
        new ArrayList<>(
            List.of(
                new CpuDevice(2),
                new CpuDevice(Machine.scalar(2), List.of()),
                new SeparateMemoryDevice(2)));
    if (TornadoDevice.isPossible()) {
      devices.addAll(TornadoDevice.all(Tuning::none));
    }
    for (Device d : devices) {
      Map<String, double[]> got = run(d, 1);
      want.forEach((name, v) -> assertArrayEquals(v, got.get(name), 1e-5, name));
    }
  }

  @Test
  void parametersMayBeInAFile(@TempDir Path folder) throws IOException {
    int rows = 3000;
    int width = 1024; // more than a few huge pages
    StorageDeclaration table =
        new StorageDeclaration("table", Role.PARAMETER, TensorType.f32(rows, width));
    StorageDeclaration scale =
        new StorageDeclaration("scale", Role.BUFFER, TensorType.f32(ROWS, width));
    GraphBuilder b = new GraphBuilder();
    int codes = b.add(new Input("codes", TensorType.i32(ROWS)));
    int x = b.add(new Gather(), b.add(new Stored("table", table.type())), codes);
    int scaled = b.mul(x, b.add(new Stored("scale", scale.type())));
    Graph g = b.build("look", Map.of("y", scaled), Map.of());
    ExecutionPlan plan = Plans.of("tiny", List.of(scale, table), List.of(g));
    byte[] image = new byte[Math.toIntExact(plan.arenaBytes().get(Arena.PARAMETERS))];
    FloatBuffer floats = ByteBuffer.wrap(image).order(ByteOrder.nativeOrder()).asFloatBuffer();
    for (int i = 0; i < floats.capacity(); i++) {
      floats.put(i, (i * 7919) % 1000 * 0.001f);
    }
    int at = 4096;
    Path file = folder.resolve("image");
    byte[] whole = new byte[at + image.length + 5000];
    System.arraycopy(image, 0, whole, at, image.length);
    Files.write(file, whole);
    FileRange range = new FileRange(file, at, image.length);
    Random random = new Random(3);
    double[] wanted = random.ints(ROWS, 0, rows).asDoubleStream().toArray();
    for (Device device :
        List.of(
            new InterpreterDevice(List.of(g), Precision.AS_TYPED),
            new CpuDevice(2),
            new SeparateMemoryDevice(2))) {
      try (device;
          Session s = Session.open(plan, range, device)) {
        s.inputTensor("look", "codes").fill(wanted);
        s.run("look");
        double[] y = s.outputTensor("look", "y").toArray();
        long t = s.plan().storage().get(1).slot().offset() / 4;
        long c = s.plan().storage().get(0).slot().offset() / 4;
        for (int i = 0; i < y.length; i++) {
          int from = (int) (t + (long) wanted[i / width] * width + i % width);
          float want = floats.get(from) * floats.get((int) c + i);
          assertEquals(want, (float) y[i], device.name() + " " + i);
        }
      }
    }
    FileRange beyond = new FileRange(file, at + 8192, image.length);
    for (Device device : List.of(new CpuDevice(1), new SeparateMemoryDevice(1))) {
      try (device) {
        BadInputException e =
            assertThrows(BadInputException.class, () -> Session.open(plan, beyond, device).close());
        assertTrue(e.getMessage().contains("ends inside"), e::getMessage);
      }
    }
  }

  @Test
  void resultsDoNotDependOnThreadsOrOnHowFarTheCompilerHasGot() {
    Map<String, double[]> want = run(new CpuDevice(1), 1);
    for (int threads = 1; threads <= 4; threads++) {
      Map<String, double[]> got = run(new CpuDevice(threads), 3000);
      want.forEach((name, v) -> assertArrayEquals(v, got.get(name), 0, name));
    }
  }

  @Test
  void aCodeOutsideOfItsTableIsNamed() {
    try (Device device = new CpuDevice(2);
        Session s = Session.open(plan(), device)) {
      fill(s);
      s.inputTensor("forward", "codes").set(20, CODES + 3);
      StepFault fault = assertThrows(StepFault.class, () -> s.run("forward"));
      assertTrue(fault.getMessage().contains("index 53 is outside of table"), fault::getMessage);
      assertTrue(fault.getMessage().contains("tiny.arch:7:3"), fault::getMessage);
      s.inputTensor("forward", "codes").set(20, 0);
      s.run("forward");
    }
  }

  @Test
  void theGuardNamesTheFirstKernelWithANumberGoneWrong() {
    try (Device device = new CpuDevice(2);
        Session s = Session.open(plan(), device)) {
      fill(s);
      s.guard(false);
      s.run("forward");
      s.editStorageTensor("table").fill(new double[CODES * DIM]);
      s.run("forward");
      s.guard(true);
      StepFault fault = assertThrows(StepFault.class, () -> s.run("forward"));
      assertTrue(fault.getMessage().contains("-Infinity"), fault::getMessage);
      s.unobserved();
      s.run("forward");
    }
  }

  @Test
  void theProfileHasARowForEveryCall() {
    try (Device device = new CpuDevice(2);
        Session s = Session.open(plan(), device)) {
      fill(s);
      Profiler profile = s.profile();
      s.run("forward");
      s.run("forward");
      assertEquals(s.plan().steps().get("forward").calls().size(), profile.rows().size());
      assertTrue(profile.rows().stream().allMatch(r -> r.runs() == 2));
      assertTrue(
          profile.kernels().stream().mapToLong(r -> r.runs()).sum() == 2L * profile.rows().size());
    }
  }

  @Test
  void storageLivesOnTheDeviceBetweenRuns() {
    try (SeparateMemoryDevice device = new SeparateMemoryDevice(1);
        Session s = Session.open(plan(), device)) {
      fill(s);
      int before = device.pulls();
      s.run("forward");
      double[] first = s.storageTensor("seen").toArray();
      for (int i = 0; i < 3; i++) {
        s.run("forward"); // with what was pushed once
      }
      assertEquals(before + 1, device.pulls());
      assertArrayEquals(first, s.storageTensor("seen").toArray());
      // One element changes; the others stay what the device knows.
      double old = s.editStorageTensor("weight").get(3);
      s.editStorageTensor("weight").set(3, old + 1);
      s.editStorageTensor("weight").set(4, 7);
      s.run("forward");
      assertEquals(old + 1, s.storageTensor("weight").get(3), 1e-6);
      assertEquals(7, s.storageTensor("weight").get(4));
      assertArrayEquals(first, s.storageTensor("seen").toArray());
    }
  }

  @Test
  void aViewOfStorageEndsWithTheNextRun() {
    for (Device device : List.of(new CpuDevice(1), new SeparateMemoryDevice(1))) {
      try (device;
          Session s = Session.open(plan(), device)) {
        fill(s);
        Tensor seen = s.storageTensor("seen");
        Tensor table = s.editStorageTensor("table");
        assertThrows(IllegalArgumentException.class, () -> seen.set(0, 1), "lent for reading");
        s.run("forward");
        assertThrows(IllegalStateException.class, () -> seen.get(0));
        assertThrows(IllegalStateException.class, () -> table.set(0, 1));
      }
    }
  }

  @Test
  void theGuardSeesWhatTheDeviceComputes() {
    try (Device device = new SeparateMemoryDevice(2);
        Session s = Session.open(plan(), device)) {
      fill(s);
      s.guard(true);
      s.run("forward");
      s.editStorageTensor("table").fill(new double[CODES * DIM]);
      StepFault fault = assertThrows(StepFault.class, () -> s.run("forward"));
      assertTrue(fault.getMessage().contains("-Infinity"), fault::getMessage);
    }
  }
}
