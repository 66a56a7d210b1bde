package dev.lgc.runtime.train;

import dev.lgc.dsl.model.Definition;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.text.Text;
import dev.lgc.dsl.type.TensorType;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.InputKind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * One micro-batch in memory, between the loader and the steps that read it: a segment for each kind
 * of input, and one for each export of an earlier objective.
 *
 * <p>Steps of one plan may share the memory of their inputs, so what several steps read is kept
 * here and copied in before each of them runs.
 */
final class Batch implements AutoCloseable {
  private final Arena arena = Arena.ofShared();
  private final Layout layout;
  private final Map<InputKind, MemorySegment> segments = new EnumMap<>(InputKind.class);
  private final Map<String, MemorySegment> exports = new LinkedHashMap<>();

  /**
   * The tensors of a batch.
   *
   * @param inputs by kind: what objectives take and no earlier one exports
   * @param exports what objectives give to later ones
   */
  record Layout(Map<InputKind, TensorType> inputs, Map<String, TensorType> exports) {
    /**
     * Those of some objectives, in their order.
     *
     * @throws BadInputException if two inputs of one kind have different types
     */
    static Layout of(List<Entry> objectives) {
      Map<InputKind, TensorType> inputs = new EnumMap<>(InputKind.class);
      Map<String, TensorType> exports = new LinkedHashMap<>();
      for (Entry e : objectives) {
        for (Definition.Input in : e.inputs()) {
          if (exports.containsKey(in.name())) {
            continue;
          }
          TensorType known = inputs.putIfAbsent(InputKind.of(in), in.type());
          if (known != null && !known.equals(in.type())) {
            throw new BadInputException(
                Text.format("%s: the input %s is %s", in.where(), in.name(), in.type()),
                known + ", as other objectives take it",
                "use the same batch in all objectives");
          }
        }
        for (String x : e.exports()) {
          exports.putIfAbsent(x, e.values().get(e.outputs().get(x)).type());
        }
      }
      return new Layout(inputs, exports);
    }

    /**
     * Refuses objectives that cannot be given one batch.
     *
     * @throws BadInputException if two inputs of one kind have different types
     */
    static void require(List<Entry> objectives) {
      of(objectives);
    }

    /** Bytes of all of them. */
    long bytes() {
      return Stream.concat(inputs.values().stream(), exports.values().stream())
          .mapToLong(TensorType::bytes)
          .sum();
    }
  }

  /** Zeros, and ones where they say what counts. */
  Batch(Layout layout) {
    this.layout = layout;
    try {
      allocate();
    } catch (OutOfMemoryError e) {
      arena.close();
      throw e;
    }
  }

  private void allocate() {
    layout.inputs.forEach(
        (kind, type) -> {
          MemorySegment s = arena.allocate(type.bytes(), 64);
          if (kind == InputKind.VALID || kind == InputKind.MASK) {
            s.fill((byte) 1);
          }
          segments.put(kind, s);
        });
    layout.exports.forEach((name, type) -> exports.put(name, arena.allocate(type.bytes(), 64)));
  }

  /** Returns true if an earlier objective exports {@code name}. */
  boolean exports(String name) {
    return exports.containsKey(name);
  }

  MemorySegment export(String name) {
    return exports.get(name);
  }

  /** The segment of {@code kind}, or null if no objective reads it. */
  MemorySegment get(InputKind kind) {
    return segments.get(kind);
  }

  /** The type of {@code kind}, or null if no objective reads it. */
  TensorType type(InputKind kind) {
    return layout.inputs.get(kind);
  }

  /** The segment of {@code kind}; scratch for loaders that always deliver it if nobody reads it. */
  MemorySegment orScratch(InputKind kind, long bytes) {
    return segments.computeIfAbsent(kind, k -> arena.allocate(bytes, 64));
  }

  @Override
  public void close() {
    arena.close();
  }
}
