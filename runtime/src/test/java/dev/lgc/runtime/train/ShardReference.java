package dev.lgc.runtime.train;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.compiler.rewrite.storage.StoredId;
import dev.lgc.dsl.model.Entry;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.data.CodeLoader;
import dev.lgc.runtime.data.PictureLoader;
import dev.lgc.runtime.exec.Session;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * Training in shards, written down once more: a session of a plan without shards computes the
 * gradients of each part, and the sums are made here, in floats. Runs do not clip.
 */
final class ShardReference {
  private final TrainJob job;
  private final Session session;
  private final int shards;
  private final int micros;
  private final List<Entry> objectives;
  private final List<Map<String, double[]>> buffers = new ArrayList<>();
  private final Supplier<Map<String, double[]>> data;

  /**
   * @param session of a plan of {@link #requests}
   * @param data the inputs of one part of a batch after the other
   */
  ShardReference(
      TrainJob job, Session session, int shards, int micros, Supplier<Map<String, double[]>> data) {
    this.job = job;
    this.session = session;
    this.shards = shards;
    this.micros = micros;
    this.data = data;
    this.objectives = job.model().entries(Entry.Kind.OBJECTIVE);
    fill("init", Map.of("key", new double[] {job.run().config().seed(), 0, 0, 0}));
    session.run("init");
    for (int s = 0; s < shards; s++) {
      buffers.add(buffers());
    }
  }

  /** The requests of a plan that gives the gradients of a part, and updates. */
  static List<Request> requests(TrainJob job) {
    return job.requests().stream().filter(r -> !(r instanceof Request.Sharding)).toList();
  }

  private Map<String, double[]> buffers() {
    Map<String, double[]> all = new LinkedHashMap<>();
    for (Entry e : objectives) {
      e.updates().keySet().forEach(b -> all.put(b, session.storageTensor(b).toArray()));
    }
    return all;
  }

  private void fill(String step, Map<String, double[]> values) {
    session
        .plan()
        .step(step)
        .inputs()
        .keySet()
        .forEach(i -> session.inputTensor(step, i).fill(values.get(i)));
  }

  /** The pictures of one batch of a loader after the other. */
  static Supplier<Map<String, double[]>> pictures(PictureLoader loader, int samples, int side) {
    return () -> {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment pixels = arena.allocate(12L * samples * side * side, 64);
        loader.next(pixels, arena.allocate(4L * samples, 64));
        float[] floats = pixels.toArray(ValueLayout.JAVA_FLOAT);
        double[] all = new double[floats.length];
        for (int i = 0; i < all.length; i++) {
          all[i] = floats[i];
        }
        return Map.of("images", all);
      }
    };
  }

  /** The codes and labels of one batch of a loader after the other. */
  static Supplier<Map<String, double[]>> codes(CodeLoader loader, int tokens) {
    return () -> {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment codes = arena.allocate(4L * loader.samples() * tokens, 64);
        MemorySegment labels = arena.allocate(4L * loader.samples(), 64);
        loader.next(codes, labels);
        return Map.of("codes", numbers(codes), "label", numbers(labels));
      }
    };
  }

  private static double[] numbers(MemorySegment s) {
    return IntStream.of(s.toArray(ValueLayout.JAVA_INT)).asDoubleStream().toArray();
  }

  /** One step: all gradients, the sums of their tree, the updates. */
  void step(long done) {
    List<Map<String, double[]>> sums = new ArrayList<>();
    for (int s = 0; s < shards; s++) {
      buffers.get(s).forEach((b, value) -> session.editStorageTensor(b).fill(value));
      Map<String, double[]> sum = new HashMap<>();
      for (int m = 0; m < micros; m++) {
        part(done, s * micros + m).forEach((p, g) -> sum.merge(p, g, ShardReference::plus));
      }
      buffers.set(s, buffers());
      sums.add(sum);
    }
    for (String p : sums.getFirst().keySet()) {
      List<double[]> leaves = sums.stream().map(m -> m.get(p)).toList();
      session.editStorageTensor("gradient:" + p).fill(tree(leaves));
    }
    RunConfig c = job.run().config();
    Map<String, double[]> inputs = new HashMap<>();
    inputs.put("lr", new double[] {c.optimizer().lr()});
    inputs.put("gradient_scale", new double[] {1.0 / shards / micros});
    for (int i = 0; i < 2; i++) {
      double beta = c.optimizer().betas().get(i);
      inputs.put("correction" + (i + 1), new double[] {1 - Math.pow(beta, done + 1)});
    }
    for (Entry e : objectives) {
      fill(e.name() + ".update", inputs);
      session.run(e.name() + ".update");
    }
  }

  /** The gradients of one part of a batch. */
  private Map<String, double[]> part(long done, int number) {
    Map<String, double[]> gradients = new HashMap<>();
    Map<String, double[]> inputs = new HashMap<>(data.get());
    inputs.put("step", new double[] {done});
    for (int o = 0; o < objectives.size(); o++) {
      Entry e = objectives.get(o);
      String step = e.name() + ".gradients";
      long seed = job.run().config().seed();
      inputs.put("key", new double[] {seed, 0, done, number * 256 + o});
      fill(step, inputs);
      session.run(step);
      e.exports().forEach(x -> inputs.put(x, session.outputTensor(step, x).toArray()));
      trained(e).forEach(p -> gradients.put(p, session.storageTensor("gradient:" + p).toArray()));
    }
    return gradients;
  }

  private List<String> trained(Entry e) {
    return e.over().isEmpty()
        ? session.plan().storage().stream()
            .filter(t -> t.role() == StoredId.Role.GRADIENT)
            .map(StoredTensor::path)
            .toList()
        : e.over();
  }

  private static double[] plus(double[] a, double[] b) {
    double[] sum = new double[a.length];
    for (int i = 0; i < a.length; i++) {
      sum[i] = (float) a[i] + (float) b[i];
    }
    return sum;
  }

  /** {@code ((0 + 1) + (2 + 3)) + …} */
  private static double[] tree(List<double[]> leaves) {
    int half = leaves.size() / 2;
    return half == 0
        ? leaves.getFirst()
        : plus(tree(leaves.subList(0, half)), tree(leaves.subList(half, leaves.size())));
  }

  /** Everything that a checkpoint has. */
  Map<String, double[]> tensors() {
    Map<String, double[]> all = new LinkedHashMap<>();
    job.plan()
        .storage()
        .forEach(
            t -> {
              switch (t.role()) {
                case PARAMETER, MOMENT1, MOMENT2 ->
                    all.put(t.name(), session.storageTensor(t.name()).toArray());
                case BUFFER, FROZEN, GRADIENT, AVERAGE, CACHE, SCALE, PARTIAL, LOCAL -> {}
              }
            });
    for (int s = 0; s < shards; s++) {
      String front = s == 0 ? "" : "shard" + s + ":";
      buffers.get(s).forEach((b, value) -> all.put(front + b, value));
    }
    return all;
  }
}
