package dev.lgc.compiler.pipeline;

import dev.lgc.compiler.build.EntryBuilder;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Origin;
import dev.lgc.compiler.op.Cos;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.op.Uniform;
import dev.lgc.compiler.plan.StepId;
import dev.lgc.compiler.rewrite.storage.ParameterBlock;
import dev.lgc.compiler.rewrite.storage.StoredId;
import dev.lgc.dsl.model.Storage;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.TensorType;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Derives the step {@code init}. Every tensor draws from streams of its own, told apart by its
 * path: adding a layer changes no other layer's initial values.
 */
final class Initialisation {
  private final GraphBuilder b = new GraphBuilder();

  private Initialisation() {}

  /**
   * The step.
   *
   * @param averaged paths whose moving average starts as the parameter's initial value
   * @param blocks of which a rank stores its own
   */
  static Graph derive(
      List<Storage> storage,
      Set<String> averaged,
      Function<Storage, Optional<ParameterBlock>> blocks) {
    return new Initialisation().graph(storage, averaged, blocks);
  }

  private Graph graph(
      List<Storage> storage,
      Set<String> averaged,
      Function<Storage, Optional<ParameterBlock>> blocks) {
    Map<String, Integer> updates = new LinkedHashMap<>();
    for (Storage s : storage) {
      Optional<ParameterBlock> block = blocks.apply(s);
      int value =
          b.at(
              new Origin(s.where(), s.path(), "init"),
              () -> block.isPresent() ? block.get().own(b, value(s)) : value(s));
      updates.put(s.path(), value);
      if (averaged.contains(s.path())) {
        updates.put(new StoredId(StoredId.Role.AVERAGE, s.path()).name(), value);
      }
    }
    return b.build(StepId.INITIALISE.name(), Map.of(), updates);
  }

  private int value(Storage s) {
    return switch (s.init()) {
      case Storage.Init.Constant c -> b.fill(c.value(), s.type());
      case Storage.Init.Uniform u -> b.shift(b.scale(uniform(s, ""), u.high() - u.low()), u.low());
      case Storage.Init.Normal n -> b.shift(b.scale(normal(s), n.deviation()), n.mean());
    };
  }

  /** Box and Muller: {@code sqrt(-2 log(1 - u)) cos(2 pi v)}. */
  private int normal(Storage s) {
    TensorType type = s.type().withDType(DType.F32);
    int length = b.sub(b.fill(1, type), uniform(s, ""));
    int radius = b.sqrt(b.scale(b.log(length), -2));
    int angle = b.scale(uniform(s, " angle"), 2 * Math.PI);
    return b.mul(radius, b.add(new Cos(), angle));
  }

  private int uniform(Storage s, String suffix) {
    int key = b.add(new Input(EntryBuilder.KEY, TensorType.i32(4)));
    return b.add(new Uniform(stream(s.path() + suffix), s.type()), key);
  }

  /** FNV-1a over the path, never negative: stable across versions and machines. */
  static int stream(String path) {
    int hash = 0x811C9DC5;
    for (byte x : path.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (x & 0xFF)) * 0x01000193;
    }
    return hash & Integer.MAX_VALUE;
  }
}
