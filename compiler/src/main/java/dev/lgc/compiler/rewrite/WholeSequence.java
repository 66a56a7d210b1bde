package dev.lgc.compiler.rewrite;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.op.DynamicSlice;
import dev.lgc.compiler.op.DynamicUpdate;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.op.Stored;
import dev.lgc.compiler.op.Terms;
import dev.lgc.compiler.rewrite.storage.CacheUse;
import dev.lgc.compiler.rewrite.storage.StorageDeclaration;
import dev.lgc.compiler.rewrite.storage.StoredId;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The other form of a generator's prefill and step, for causal models whose positions {@link
 * Incremental} cannot compute one by one: each computes the whole sequence from the codes drawn so
 * far, and takes the logits of its position. Only the codes are kept between steps, in a cache;
 * codes that are not drawn yet are 0, and do not matter.
 *
 * <pre>
 * prefill   logits := whole (0, conditions) [:, 0]              codes := 0
 * step      logits := whole (codes', conditions) [:, position + 1]
 *           codes  := codes' = codes with the token at its position
 * </pre>
 *
 * <p>With guidance the sequence is computed twice, with the conditions and with their nulls. Both
 * take the conditions as inputs.
 */
public final class WholeSequence {
  private final GraphBuilder b;
  private final Graph full;
  private final Decoding decoding;
  private final List<Problem> problems = new ArrayList<>();

  private WholeSequence(GraphBuilder b, Graph full, Decoding decoding) {
    this.b = b;
    this.full = full;
    this.decoding = decoding;
  }

  /** The tensor that keeps a generator's codes between steps. */
  private static StorageDeclaration cache(Decoding d, TensorType type) {
    return new StorageDeclaration(StoredId.cache(d.owner(), CacheUse.CODES, 0), type);
  }

  /** Returns true if a plan's generator is in this form. */
  public static boolean isIn(Stream<StoredId> storage) {
    return storage.anyMatch(t -> t.cache().equals(Optional.of(CacheUse.CODES)));
  }

  /**
   * Adds the step of the code at a position.
   *
   * @param full outputs {@code logits} and {@code null.NAME} for conditions
   * @param token value int[n], the code at {@code position}
   * @param position value int[]
   */
  public static Incremental.Part step(
      GraphBuilder b, Graph full, Decoding d, int token, int position) {
    WholeSequence w = new WholeSequence(b, full, d);
    int input = w.input();
    if (input == Terms.NONE) {
      return w.part(Terms.NONE, List.of(), Map.of(), Terms.NONE);
    }
    TensorType type = full.node(input).type();
    StorageDeclaration cache = cache(d, type);
    int now = b.reshape(token, type.shape().dim(0), 1);
    int drawn = b.add(new DynamicUpdate(1), b.add(new Stored(cache.name(), type)), now, position);
    return w.part(
        drawn,
        List.of(cache),
        Map.of(cache.name(), drawn),
        b.plus(position, b.fill(1, TensorType.i32())));
  }

  /** Adds the prefill. */
  public static Incremental.Part prefill(GraphBuilder b, Graph full, Decoding d) {
    WholeSequence w = new WholeSequence(b, full, d);
    int input = w.input();
    if (input == Terms.NONE) {
      return w.part(Terms.NONE, List.of(), Map.of(), Terms.NONE);
    }
    TensorType type = full.node(input).type();
    StorageDeclaration cache = cache(d, type);
    int nothing = b.fill(0, type);
    return w.part(nothing, List.of(cache), Map.of(cache.name(), nothing), Terms.NONE);
  }

  /** The number of the input with the codes; NONE where a sample has but one code. */
  private int input() {
    for (int i = 0; i < full.nodes().size(); i++) {
      if (full.node(i).op() instanceof Input in && in.input().equals(decoding.codes())) {
        return i;
      }
    }
    return Terms.NONE;
  }

  /**
   * @param at the position whose logits are wanted; NONE for the first
   */
  private Incremental.Part part(
      int drawn, List<StorageDeclaration> caches, Map<String, Integer> updates, int at) {
    Map<Integer, Integer> given = new TreeMap<>();
    if (drawn != Terms.NONE) {
      given.put(input(), drawn);
    }
    int[] values = b.copy(full, given);
    int logits = position(values, at);
    if (decoding.guided()) {
      int[] without = b.copy(full, nulls(values, given));
      logits = b.concat(0, logits, position(without, at));
    }
    return new Incremental.Part(
        logits, new LinkedHashMap<>(updates), caches, List.of(), List.copyOf(problems));
  }

  private int position(int[] values, int at) {
    int logits = values[full.outputs().get("logits")];
    return at == Terms.NONE ? b.slice(logits, 1, 0, 1) : b.add(new DynamicSlice(1, 1), logits, at);
  }

  /** The values that stand for the inputs where there are no conditions. */
  private Map<Integer, Integer> nulls(int[] values, Map<Integer, Integer> given) {
    Map<Integer, Integer> all = new HashMap<>(given);
    for (int i = 0; i < full.nodes().size(); i++) {
      Node n = full.node(i);
      if (n.op() instanceof Input in && full.outputs().containsKey(Entry.nullOutput(in.input()))) {
        int nothing = full.outputs().get(Entry.nullOutput(in.input()));
        if (dependsOnInputs(nothing)) {
          problems.add(
              Problem.at(
                  n, "has a null that depends on inputs", "a null of parameters and constants"));
        }
        all.put(i, b.broadcast(values[nothing], n.type().shape()));
      }
    }
    return all;
  }

  /** By value, in one pass: operands come before what is computed of them. */
  private boolean dependsOnInputs(int value) {
    boolean[] depends = new boolean[value + 1];
    for (int i = 0; i <= value; i++) {
      Node n = full.node(i);
      depends[i] = n.op() instanceof Input || n.operands().stream().anyMatch(o -> depends[o]);
    }
    return depends[value];
  }
}
