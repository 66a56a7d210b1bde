package dev.lgc.runtime.golden;

import dev.lgc.compiler.emit.interp.Interpreter;
import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.pipeline.Derived;
import dev.lgc.compiler.rewrite.storage.StorageDeclaration;
import dev.lgc.compiler.rewrite.storage.StoredId;
import dev.lgc.dsl.text.Text;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The reference interpreter over the derived graphs, in the precision of their types. */
final class InterpreterTarget implements GoldenTarget {
  @Override
  public Running open(Derived derived) {
    return new Interpreted(derived);
  }

  @Override
  public String toString() {
    return "interpreter";
  }

  private static final class Interpreted implements Running {
    private final Map<String, Graph> graphs = new LinkedHashMap<>();
    private final Map<String, Interpreter> interpreters = new HashMap<>();
    private final Map<String, double[]> storage = new LinkedHashMap<>();
    private final List<StoredId> ids;

    Interpreted(Derived derived) {
      derived.graphs().forEach(g -> graphs.put(g.name(), g));
      ids = derived.stored().stream().map(StorageDeclaration::id).toList();
      for (StorageDeclaration d : derived.stored()) {
        storage.put(d.name(), new double[Math.toIntExact(d.type().shape().elements())]);
      }
    }

    @Override
    public void store(String key, double[] value) {
      double[] old = stored(key);
      if (old.length != value.length) {
        throw new IllegalArgumentException(
            Text.format("%s: %d elements for %d", key, value.length, old.length));
      }
      storage.put(key, value.clone());
    }

    @Override
    public double[] stored(String key) {
      double[] value = storage.get(key);
      if (value == null) {
        throw new IllegalArgumentException("no stored tensor " + key);
      }
      return value;
    }

    @Override
    public List<StoredId> storage() {
      return ids;
    }

    @Override
    public Map<String, double[]> run(String step, Map<String, double[]> inputs) {
      Graph graph = graphs.get(step);
      if (graph == null) {
        throw new IllegalArgumentException("no step " + step + " among " + graphs.keySet());
      }
      Interpreter.Result r =
          interpreters
              .computeIfAbsent(step, s -> new Interpreter(graph, Precision.AS_TYPED))
              .run(inputs, storage);
      storage.putAll(r.updates());
      return r.outputs();
    }

    @Override
    public void close() {}
  }
}
