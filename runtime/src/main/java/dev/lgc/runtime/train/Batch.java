package dev.lgc.runtime.train;

import dev.lgc.dsl.model.Definition;
import dev.lgc.dsl.text.Text;
import dev.lgc.dsl.type.TensorType;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.InputKind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One micro-batch in memory, between the loader and the steps that read it: a segment for each kind
 * of input, and one for each export of an earlier objective.
 *
 * <p>Steps of one plan may share the memory of their inputs, so what several steps read is kept
 * here and copied in before each of them runs.
 */
final class Batch implements AutoCloseable {
  private final Arena arena = Arena.ofShared();
  private final Map<InputKind, TensorType> types = new EnumMap<>(InputKind.class);
  private final Map<InputKind, MemorySegment> segments = new EnumMap<>(InputKind.class);
  private final Map<String, MemorySegment> exports = new LinkedHashMap<>();

  /** Makes room for an input. Two inputs of one kind must have one type. */
  InputKind add(Definition.Input input) {
    InputKind kind = InputKind.of(input);
    TensorType known = types.putIfAbsent(kind, input.type());
    if (known != null && !known.equals(input.type())) {
      throw new BadInputException(
          Text.format("%s: the input %s is %s", input.where(), input.name(), input.type()),
          known + ", as other objectives take it",
          "let all objectives of a model see the same batch");
    }
    if (known == null) {
      MemorySegment s = arena.allocate(input.type().bytes(), 64);
      if (kind == InputKind.VALID || kind == InputKind.MASK) {
        s.fill((byte) 1);
      }
      segments.put(kind, s);
    }
    return kind;
  }

  /** Makes room for an export. */
  void addExport(String name, TensorType type) {
    exports.computeIfAbsent(name, n -> arena.allocate(type.bytes(), 64));
  }

  /** Whether an earlier objective exports {@code name}. */
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
    return types.get(kind);
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
