package dev.lgc.runtime.golden;

import dev.lgc.compiler.pipeline.Compiler;
import dev.lgc.compiler.pipeline.Derived;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.rewrite.storage.StoredId;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.device.tornado.TornadoDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Something that runs a model's steps. */
interface GoldenTarget {
  /**
   * Every target; {@code -Dlgc.golden.target=jvm} leaves only the one of that name. The emulation
   * goes by TornadoVM's names, so a JVM has either the one or the other.
   */
  static List<GoldenTarget> all() {
    String only = System.getProperty("lgc.golden.target", "");
    List<GoldenTarget> slow =
        TornadoDevice.isPossible()
            ? List.of(new InterpreterTarget())
            : List.of(new InterpreterTarget(), new EmulatedTarget());
    return Stream.concat(slow.stream(), SessionTarget.all().stream())
        .filter(t -> only.isEmpty() || t.toString().equals(only))
        .toList();
  }

  /**
   * The targets that take less than ten seconds for what the slow ones, the interpreter and the
   * emulation, also show by a smaller test; {@code -Dlgc.golden.all=true} adds those.
   */
  static List<GoldenTarget> compiled() {
    boolean all = Boolean.getBoolean("lgc.golden.all");
    return all().stream()
        .filter(t -> all || !(t instanceof InterpreterTarget) && !(t instanceof EmulatedTarget))
        .toList();
  }

  /** Prepares a model to do what is requested; storage starts as zeros. */
  default Running open(CheckedModel model, Request... requests) {
    Derived derived = Compiler.derive(model, List.of(requests));
    if (!derived.problems().isEmpty()) {
      throw new AssertionError(derived.problems().toString());
    }
    return open(derived);
  }

  /** Prepares steps to be run. */
  Running open(Derived derived);

  /** A model that runs. All tensors are row-major; ints and bools are whole numbers. */
  interface Running extends AutoCloseable {
    /** Every stored tensor. */
    List<StoredId> storage();

    /** Gives a stored tensor its value. */
    void store(String key, double[] value);

    /** The value of a stored tensor. */
    double[] stored(String key);

    /** Runs a step and returns its outputs. Inputs that the step does not have are passed over. */
    Map<String, double[]> run(String step, Map<String, double[]> inputs);

    /**
     * Stores every tensor of a file whose name starts with {@code prefix}, with {@code path} in its
     * place. Fails if that leaves any parameter or buffer under {@code path} without a value.
     */
    default void load(GoldenFile file, String prefix, String path) {
      List<String> wanting = new ArrayList<>();
      for (StoredId id : storage()) {
        switch (id.role()) {
          case PARAMETER, BUFFER, FROZEN -> wanting.add(id.path());
          case GRADIENT, MOMENT1, MOMENT2, AVERAGE, CACHE, SCALE, PARTIAL, LOCAL -> {}
        }
      }
      wanting.removeIf(p -> !p.startsWith(path));
      for (String name : file.under(prefix)) {
        if (wanting.remove(path + name)) {
          store(path + name, file.get(prefix + name));
        } else if (!CONSTANTS.contains(name.substring(name.lastIndexOf('.') + 1))) {
          throw new AssertionError(
              Text.format("%s: the model has no %s", file.name(), path + name));
        }
      }
      if (!wanting.isEmpty()) {
        throw new AssertionError(Text.format("%s lacks %s", file.name(), wanting));
      }
    }

    /** What PyTorch stores and the library's models have in their text or do not need. */
    List<String> CONSTANTS = List.of("num_batches_tracked", "shift", "scale", "f");

    @Override
    void close();
  }
}
