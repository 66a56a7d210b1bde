package dev.lgc.compiler.pipeline;

import static dev.lgc.compiler.rewrite.storage.StoredId.Role.AVERAGE;
import static dev.lgc.compiler.rewrite.storage.StoredId.Role.GRADIENT;
import static dev.lgc.compiler.rewrite.storage.StoredId.Role.MOMENT1;
import static dev.lgc.compiler.rewrite.storage.StoredId.Role.MOMENT2;
import static dev.lgc.compiler.rewrite.storage.StoredId.Role.PARAMETER;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Origin;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.op.Stored;
import dev.lgc.compiler.plan.StepId;
import dev.lgc.compiler.rewrite.storage.StorageDeclaration;
import dev.lgc.compiler.rewrite.storage.StoredId;
import dev.lgc.dsl.model.Storage;
import dev.lgc.dsl.type.TensorType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Derives the step {@code NAME.update}: clipping by global norm, then Adam (arXiv:1412.6980) with
 * decoupled decay (arXiv:1711.05101) of parameters of two or more dimensions, as PyTorch computes
 * them, then the moving average.
 */
final class Optimization {
  private final Request.Optimizer settings;
  private final GradientSum ranks;
  private final List<Storage> parameters;
  private final GraphBuilder b = new GraphBuilder();
  private final Map<String, Integer> updates = new LinkedHashMap<>();

  private Optimization(Request.Optimizer settings, GradientSum ranks, List<Storage> parameters) {
    this.settings = settings;
    this.ranks = ranks;
    this.parameters = parameters;
  }

  static Graph derive(
      String objective, Request.Optimizer settings, GradientSum ranks, List<Storage> parameters) {
    return new Optimization(settings, ranks, parameters).graph(objective);
  }

  private int scalar(String input) {
    return b.add(new Input(input, TensorType.f32()));
  }

  private int stored(StoredId.Role role, Storage s) {
    StorageDeclaration d = ranks.declaration(role, s);
    return b.add(new Stored(d.name(), d.type()));
  }

  private Graph graph(String objective) {
    int scale = scalar("gradient_scale");
    GradientNorm squares = GradientNorm.of(b, ranks.sharding());
    for (Storage s : parameters) {
      b.at(
          origin(s, "norm"),
          () -> {
            squares.add(stored(GRADIENT, s));
            return null;
          });
    }
    int norm = b.mul(b.sqrt(squares.total()), scale);
    int factor = scale;
    if (settings.clipNorm() > 0) {
      int limit = b.fill(settings.clipNorm(), TensorType.f32());
      int clip = b.minimum(b.fill(1, TensorType.f32()), b.div(limit, b.shift(norm, 1e-6)));
      factor = b.mul(scale, clip);
    }
    int f = factor;
    for (Storage s : parameters) {
      b.at(
          origin(s, settings.weightDecay() > 0 ? "adamw" : "adam"),
          () -> {
            update(s, f);
            return null;
          });
    }
    return b.build(StepId.update(objective).name(), Map.of("gradient_norm", norm), updates);
  }

  private static Origin origin(Storage s, String derivation) {
    return new Origin(s.where(), s.path(), derivation);
  }

  private void update(Storage s, int factor) {
    // Element by element: a block changes as that part of the whole tensor would.
    TensorType type = ranks.declaration(PARAMETER, s).type();
    int lr = scalar("lr");
    int g = b.mul(stored(GRADIENT, s), b.broadcast(factor, type.shape()));
    int p = stored(PARAMETER, s);
    if (settings.weightDecay() > 0 && s.type().shape().rank() >= 2) {
      int kept = b.sub(b.fill(1, TensorType.f32()), b.scale(lr, settings.weightDecay()));
      p = b.mul(p, b.broadcast(kept, type.shape()));
    }
    int m = stored(MOMENT1, s);
    int v = stored(MOMENT2, s);
    m = b.plus(m, b.scale(b.sub(g, m), 1 - settings.beta1()));
    v = b.plus(b.scale(v, settings.beta2()), b.scale(b.mul(g, g), 1 - settings.beta2()));
    int root = b.broadcast(b.sqrt(scalar("correction2")), type.shape());
    int spread = b.shift(b.div(b.sqrt(v), root), settings.epsilon());
    int size = b.broadcast(b.div(lr, scalar("correction1")), type.shape());
    p = b.sub(p, b.mul(size, b.div(m, spread)));
    updates.put(s.path(), p);
    updates.put(new StoredId(MOMENT1, s.path()).name(), m);
    updates.put(new StoredId(MOMENT2, s.path()).name(), v);
    if (settings.averaged()) {
      // Both factors are given: 1 - decay in f32 has but few digits left.
      int kept = b.broadcast(scalar("average_decay"), type.shape());
      int taken = b.broadcast(scalar("average_rate"), type.shape());
      int average = b.plus(b.mul(stored(AVERAGE, s), kept), b.mul(p, taken));
      updates.put(new StoredId(AVERAGE, s.path()).name(), average);
    }
  }
}
