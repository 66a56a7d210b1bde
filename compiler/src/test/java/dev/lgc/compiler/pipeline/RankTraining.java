package dev.lgc.compiler.pipeline;

import dev.lgc.compiler.emit.interp.Interpreter;
import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.Verifier;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.plan.StepId;
import dev.lgc.compiler.rewrite.storage.ParameterBlock;
import dev.lgc.compiler.rewrite.storage.StorageDeclaration;
import dev.lgc.compiler.rewrite.storage.StoredId.Role;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Entry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** Trains a model on several ranks at once, which the interpreter computes. */
final class RankTraining {
  private static final double BETA1 = 0.9;
  private static final double BETA2 = 0.95;

  private final Request.Sharding sharding;
  private final int micros;
  private final Derived derived;
  private final List<Entry> objectives;

  /** What each rank has in storage. */
  private final List<Map<String, double[]>> stored = new ArrayList<>();

  /** The buffers of each shard of a batch. */
  private final List<Map<String, double[]>> buffers = new ArrayList<>();

  /** Losses and norms so far, in the order of the parts of a batch. */
  final List<Double> reported = new ArrayList<>();

  private int done;

  /**
   * Gives everything its initial value.
   *
   * @param micros micro-batches of a shard
   */
  RankTraining(
      CheckedModel model,
      Request.Sharding sharding,
      int micros,
      boolean averaged,
      Request... more) {
    this.sharding = sharding;
    this.micros = micros;
    objectives = model.entries(Entry.Kind.OBJECTIVE);
    List<Request> requests =
        new ArrayList<>(
            Request.training(
                objectives.stream().map(Entry::name).toList(),
                new Request.Optimizer(BETA1, BETA2, 1e-8, 0.05, 0.5, averaged),
                micros > 1));
    requests.add(sharding);
    requests.addAll(List.of(more));
    derived = Compiler.derive(model, requests);
    for (int r = 0; r < sharding.ranks(); r++) {
      Map<String, double[]> of = new LinkedHashMap<>();
      derived
          .stored()
          .forEach(d -> of.put(d.name(), new double[(int) d.type().shape().elements()]));
      stored.add(of);
    }
    run(StepId.INITIALISE.name(), r -> Map.of("key", new double[] {7, 0, 0, 0}));
    for (int s = 0; s < sharding.shards(); s++) {
      buffers.add(buffersOf(s / sharding.perRank()));
    }
  }

  private Map<String, double[]> buffersOf(int rank) {
    Map<String, double[]> all = new LinkedHashMap<>();
    objectives.stream()
        .flatMap(e -> e.updates().keySet().stream())
        .forEach(name -> all.put(name, stored.get(rank).get(name)));
    return all;
  }

  /** The buffers of each shard. */
  List<Map<String, double[]>> buffers() {
    return buffers;
  }

  private List<Interpreter.Result> run(String step, IntFunction<Map<String, double[]>> inputs) {
    Graph g = Verifier.verified(derived.graph(step));
    List<Map<String, double[]>> given =
        IntStream.range(0, sharding.ranks()).mapToObj(inputs).toList();
    List<Interpreter.Result> results = new Interpreter(g, Precision.AS_TYPED).run(given, stored);
    for (int r = 0; r < results.size(); r++) {
      stored.get(r).putAll(results.get(r).updates());
    }
    return results;
  }

  /** One step; {@code data} are the inputs of each part of the batch. */
  void step(IntFunction<Map<String, double[]>> data) {
    Map<Integer, List<Double>> losses = new HashMap<>();
    for (int place = 0; place < sharding.perRank(); place++) {
      List<Map<String, double[]>> exports = new ArrayList<>();
      for (int r = 0; r < sharding.ranks(); r++) {
        stored.get(r).putAll(buffers.get(r * sharding.perRank() + place));
      }
      for (int m = 0; m < micros; m++) {
        exports.clear();
        IntStream.range(0, sharding.ranks()).forEach(r -> exports.add(new HashMap<>()));
        for (int o = 0; o < objectives.size(); o++) {
          gradients(o, place, m, data, exports, losses);
        }
      }
      for (int r = 0; r < sharding.ranks(); r++) {
        buffers.set(r * sharding.perRank() + place, buffersOf(r));
      }
      if (sharding.perRank() > 1) {
        for (Entry e : objectives) {
          run(
              StepId.combine(e.name(), Request.Sharding.level(place)).name(),
              r -> Map.<String, double[]>of());
        }
      }
    }
    IntStream.range(0, sharding.shards() * micros).forEach(p -> reported.addAll(losses.get(p)));
    done++;
    Map<String, double[]> inputs = new HashMap<>();
    inputs.put("lr", new double[] {(float) 0.01});
    inputs.put("correction1", new double[] {(float) (1 - Math.pow(BETA1, done))});
    inputs.put("correction2", new double[] {(float) (1 - Math.pow(BETA2, done))});
    inputs.put("gradient_scale", new double[] {(float) (1.0 / sharding.shards() / micros)});
    inputs.put("average_decay", new double[] {(float) 0.9});
    inputs.put("average_rate", new double[] {(float) 0.1});
    for (Entry e : objectives) {
      List<Interpreter.Result> all = run(StepId.update(e.name()).name(), r -> inputs);
      double norm = all.getFirst().outputs().get("gradient_norm")[0];
      for (Interpreter.Result of : all) {
        if (of.outputs().get("gradient_norm")[0] != norm) {
          throw new AssertionError("norms of ranks differ");
        }
      }
      reported.add(norm);
    }
  }

  private void gradients(
      int objective,
      int place,
      int micro,
      IntFunction<Map<String, double[]>> data,
      List<Map<String, double[]>> exports,
      Map<Integer, List<Double>> losses) {
    Entry e = objectives.get(objective);
    boolean isReduced = sharding.isReducedAtOnce() && micro == micros - 1;
    StepId id =
        micro == 0
            ? StepId.gradients(e.name())
            : isReduced ? StepId.reduce(e.name()) : StepId.accumulate(e.name());
    List<Interpreter.Result> results =
        run(
            id.name(),
            r -> {
              int part = part(r, place, micro);
              Map<String, double[]> inputs = new HashMap<>(data.apply(part));
              inputs.putAll(exports.get(r));
              inputs.put("key", new double[] {7, 0, done, part * 256 + objective});
              inputs.put("step", new double[] {done});
              return inputs;
            });
    for (int r = 0; r < results.size(); r++) {
      Map<String, double[]> outputs = results.get(r).outputs();
      int rank = r;
      e.exports().forEach(x -> exports.get(rank).put(x, outputs.get(x)));
      losses
          .computeIfAbsent(part(r, place, micro), p -> new ArrayList<>())
          .add(outputs.get("loss")[0]);
    }
  }

  private int part(int rank, int place, int micro) {
    return (rank * sharding.perRank() + place) * micros + micro;
  }

  /** The held-out loss of an objective, on every rank of the same inputs. */
  List<Double> losses(String objective, Map<String, double[]> inputs) {
    String step = StepId.loss(objective).name();
    Map<String, double[]> given = new HashMap<>(inputs);
    given.put("step", new double[] {done});
    given.put("key", new double[] {7, 0, 0, 0});
    for (var n : derived.graph(step).nodes()) {
      if (n.op() instanceof Input in) {
        given.putIfAbsent(in.input(), new double[(int) n.type().shape().elements()]);
      }
    }
    return run(step, r -> given).stream().map(x -> x.outputs().get("loss")[0]).toList();
  }

  /** Parameters, moments and averages whole, as ranks from {@code first} on hold them. */
  Map<String, double[]> whole(int first) {
    Map<String, double[]> all = new LinkedHashMap<>();
    for (StorageDeclaration d : derived.stored()) {
      boolean isKept =
          List.of(Role.PARAMETER, Role.MOMENT1, Role.MOMENT2, Role.AVERAGE, Role.GRADIENT)
              .contains(d.id().role());
      if (isKept) {
        all.put(
            d.name(),
            d.block()
                .map(k -> joined(d.name(), k, first))
                .orElseGet(() -> stored.get(first).get(d.name())));
      }
    }
    return all;
  }

  private double[] joined(String name, ParameterBlock block, int first) {
    double[] flat =
        block.group().ranks(first).stream()
            .flatMapToDouble(r -> Arrays.stream(stored.get(r).get(name)))
            .toArray();
    int n = (int) block.whole().shape().elements();
    for (int i = n; i < flat.length; i++) {
      if (flat[i] != 0) {
        throw new AssertionError(name + " has " + flat[i] + " behind its end");
      }
    }
    return Arrays.copyOf(flat, n);
  }
}
