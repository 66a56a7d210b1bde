package dev.lgc.compiler.plan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import dev.lgc.compiler.emit.interp.Interpreter;
import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.emit.jvm.CompiledKernel;
import dev.lgc.compiler.emit.jvm.JvmEmitter;
import dev.lgc.compiler.emit.jvm.Machine;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphDump;
import dev.lgc.compiler.graph.Graphs;
import dev.lgc.compiler.rewrite.Decompose;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Emitted kernels of random graphs compute what the graphs mean, the same bits for any number of
 * threads.
 */
final class JvmPlansTest {
  private static final int GRAPHS = Integer.getInteger("lgc.graphs", 100);

  @Test
  void emittedKernelsComputeWhatTheirGraphsMean() {
    long first = Long.getLong("lgc.seed", new Random().nextInt(1 << 30));
    for (long seed = first; seed < first + GRAPHS; seed++) {
      RandomGraphs random = new RandomGraphs(seed);
      Graph g = Decompose.all(random.graph(3 + (int) (seed % 20)));
      try {
        check(g, random.stored, seed);
      } catch (RuntimeException | AssertionError e) {
        ExecutionPlan p = Planner.plan("random", "", random.stored, List.of(g));
        throw new AssertionError(
            "seed " + seed + "\n" + GraphDump.dump(g) + PlanDump.kernels(p), e);
      }
    }
  }

  private static void check(Graph g, List<Declared> stored, long seed) {
    Random r = new Random(seed);
    Map<String, double[]> inputs = new HashMap<>();
    Graphs.inputs(g).forEach((name, t) -> inputs.put(name, values(r, t)));
    Map<String, double[]> old = new HashMap<>();
    stored.forEach(d -> old.put(d.key(), values(r, d.type())));
    Interpreter.Result want = Interpreter.run(g, Precision.AS_TYPED, inputs, old);
    ExecutionPlan plan = Planner.plan("random", "", stored, List.of(g));
    for (int lanes : new int[] {1, 8, 16}) {
      Map<String, double[]> first = null;
      for (int parts = 1; parts <= 3; parts++) {
        try (java.lang.foreign.Arena arena = java.lang.foreign.Arena.ofConfined()) {
          Native machine = new Native(plan, new JvmEmitter(new Machine(lanes, true, 1)), arena);
          Step step = plan.steps().get(g.name());
          step.inputs().forEach((name, slot) -> machine.write(slot, inputs.get(name)));
          plan.storage().forEach(t -> machine.write(t.slot(), old.get(t.key())));
          machine.run(step, parts);
          Map<String, double[]> got = new LinkedHashMap<>();
          step.outputs().forEach((name, slot) -> got.put(name, machine.read(slot)));
          plan.storage().forEach(t -> got.put(t.key(), machine.read(t.slot())));
          want.outputs().forEach((name, v) -> close(name, v, got.get(name)));
          old.forEach((key, v) -> close(key, want.updates().getOrDefault(key, v), got.get(key)));
          if (first != null) {
            first.forEach((name, v) -> assertArrayEquals(v, got.get(name), name));
          }
          first = got;
        }
      }
    }
  }

  /** Native arenas and emitted code, each kernel's units split in parts. */
  private static final class Native {
    private final ExecutionPlan plan;
    private final JvmEmitter emitter;
    private final Map<Arena, MemorySegment> arenas = new EnumMap<>(Arena.class);
    private final MemorySegment scratch;
    private final MemorySegment shared;

    Native(ExecutionPlan plan, JvmEmitter emitter, java.lang.foreign.Arena memory) {
      this.plan = plan;
      this.emitter = emitter;
      plan.arenaBytes()
          .forEach(
              (a, bytes) -> {
                MemorySegment m = memory.allocate(bytes + 64, 64);
                m.fill((byte) 0xFF);
                arenas.put(a, m);
              });
      scratch = memory.allocate(1 << 16, 64);
      shared = memory.allocate(1 << 16, 64);
      plan.constants().forEach(c -> write(c.slot(), c.values()));
    }

    private MemorySegment segment(Slot slot) {
      return arenas.get(slot.arena()).asSlice(slot.offset(), slot.type().bytes());
    }

    void run(Step step, int parts) {
      for (KernelCall c : step.calls()) {
        CompiledKernel k = emitter.compile(plan.kernels().get(c.kernel()));
        long[] buffers = c.slots().stream().mapToLong(s -> segment(s).address()).toArray();
        for (int phase = 0; phase < k.launch().units().size(); phase++) {
          long units = k.launch().units().get(phase);
          for (int p = 0; p < parts; p++) {
            long from = units * p / parts;
            long to = units * (p + 1) / parts;
            if (from < to) {
              k.code().run(phase, buffers, shared.address(), scratch.address(), from, to);
            }
          }
        }
      }
    }

    void write(Slot slot, double[] values) {
      MemorySegment m = segment(slot);
      for (int i = 0; i < values.length; i++) {
        switch (slot.type().dtype()) {
          case F32 -> m.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) values[i]);
          case I32 -> m.setAtIndex(ValueLayout.JAVA_INT, i, (int) values[i]);
          case BOOL -> m.set(ValueLayout.JAVA_BYTE, i, (byte) values[i]);
          default -> throw new IllegalArgumentException(slot.toString());
        }
      }
    }

    double[] read(Slot slot) {
      MemorySegment m = segment(slot);
      double[] values = new double[(int) slot.type().shape().elements()];
      for (int i = 0; i < values.length; i++) {
        values[i] =
            switch (slot.type().dtype()) {
              case F32 -> m.getAtIndex(ValueLayout.JAVA_FLOAT, i);
              case I32 -> m.getAtIndex(ValueLayout.JAVA_INT, i);
              case BOOL -> m.get(ValueLayout.JAVA_BYTE, i);
              default -> throw new IllegalArgumentException(slot.toString());
            };
      }
      return values;
    }
  }

  private static double[] values(Random r, TensorType t) {
    int n = (int) t.shape().elements();
    return t.dtype() == DType.F32
        ? r.doubles(n, -1.5, 1.5).map(d -> (float) d).toArray()
        : r.ints(n, 0, 100).asDoubleStream().toArray();
  }

  private static void close(String name, double[] want, double[] got) {
    assertEquals(want.length, got.length, name);
    double scale = 0.1;
    for (double w : want) {
      scale = Math.max(scale, Math.abs(w));
    }
    for (int i = 0; i < want.length; i++) {
      if (!(Math.abs(want[i] - got[i]) <= 2e-5 * scale) && Double.compare(want[i], got[i]) != 0) {
        fail("%s[%d]: expected %s, was %s".formatted(name, i, want[i], got[i]));
      }
    }
  }
}
