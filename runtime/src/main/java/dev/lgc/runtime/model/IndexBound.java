package dev.lgc.runtime.model;

import dev.lgc.dsl.model.Call;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Definition;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.model.SourcePlace;
import dev.lgc.dsl.type.Intrinsic;
import dev.lgc.dsl.type.Shape;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The bound on the numbers of an integer input, by what a model selects with them: rows of tables
 * ({@code gather}) and places on an axis ({@code pick}). A number at the bound is a fault in the
 * step that meets it, so data are compared with the bound before training begins.
 *
 * @param values the input may hold 0 to {@code values - 1}
 * @param where the model selects with them
 */
public record IndexBound(int values, SourcePlace where) {

  /**
   * The smallest bound of a kind of input in the objectives and the generator; empty if nothing is
   * selected with it as it is. A last row that the model itself asks for, by {@code where(dropped,
   * classes, label)} or {@code null label: classes}, is none for data.
   */
  public static Optional<IndexBound> of(CheckedModel model, InputKind kind) {
    List<IndexBound> found = new ArrayList<>();
    Set<Integer> own = new HashSet<>();
    Set<String> exported = new HashSet<>();
    for (Entry e : model.entries()) {
      if (e.kind() == Entry.Kind.FUNCTION) {
        continue; // an objective's evaluation selects as the objective does
      }
      for (Definition.Input in : e.inputs()) {
        if (!exported.contains(in.name()) && InputKind.of(in) == kind) {
          follow(e, e.values().indexOf(in), found, own);
          constant(e, e.outputs().get(Entry.nullOutput(in.name()))).ifPresent(own::add);
        }
      }
      exported.addAll(e.exports());
    }
    return found.stream()
        .map(b -> own.contains(b.values - 1) ? new IndexBound(b.values - 1, b.where) : b)
        .min((a, b) -> Integer.compare(a.values, b.values));
  }

  /**
   * Follows an input to what it selects from. A {@code where} whose condition is computed from the
   * input ends the trace: it may be there to let only some of the numbers through.
   *
   * @param own gets the constants that the model puts in its place
   */
  private static void follow(Entry e, int input, List<IndexBound> found, Set<Integer> own) {
    boolean[] holds = new boolean[e.values().size()];
    boolean[] depends = new boolean[holds.length];
    holds[input] = true;
    depends[input] = true;
    for (int i = input + 1; i < holds.length; i++) {
      if (!(e.values().get(i) instanceof Call call)) {
        continue;
      }
      List<Integer> from = call.operands();
      depends[i] = from.stream().anyMatch(o -> depends[o]);
      switch (call.operation()) {
        case RESHAPE, BROADCAST, TRANSPOSE, SLICE, STOP_GRADIENT, CONCAT ->
            holds[i] = from.stream().anyMatch(o -> holds[o]);
        case WHERE -> {
          holds[i] = !depends[from.get(0)] && (holds[from.get(1)] || holds[from.get(2)]);
          if (holds[i]) {
            constant(e, from.get(1)).ifPresent(own::add);
            constant(e, from.get(2)).ifPresent(own::add);
          }
        }
        case GATHER, PICK -> {
          if (holds[from.get(1)]) {
            Shape shape = e.values().get(from.get(0)).type().shape();
            int axis = call.operation() == Intrinsic.GATHER ? 0 : shape.rank() - 1;
            found.add(new IndexBound(shape.dim(axis), call.where()));
          }
        }
        default -> {} // what is computed from the numbers is bounded by something else
      }
    }
  }

  /** The constant that a value is, whatever its shape; empty if it is none, or null. */
  private static OptionalInt constant(Entry e, Integer value) {
    Integer at = value;
    while (at != null && e.values().get(at) instanceof Call call) {
      switch (call.operation()) {
        case CONSTANT -> {
          return OptionalInt.of(((Number) call.attributes().get("value")).intValue());
        }
        case RESHAPE, BROADCAST -> at = call.operands().getFirst();
        default -> at = null;
      }
    }
    return OptionalInt.empty();
  }
}
