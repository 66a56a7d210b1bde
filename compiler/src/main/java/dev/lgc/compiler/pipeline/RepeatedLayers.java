package dev.lgc.compiler.pipeline;

import dev.lgc.dsl.model.Call;
import dev.lgc.dsl.model.Definition;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.type.Intrinsic;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Finds the layers of an entry that repeat, and takes out all but two of them. What is asked of a
 * model of 48 layers is then answered in the time of two.
 *
 * <pre>
 * embed, layer 0, layer 1, layer 2, …, layer 11, norm, head     before
 * embed, layer 0, layer 1, norm, head                           after: the model declared with two layers
 * </pre>
 *
 * <p>Two definitions are alike if they differ in nothing but the tensor that they read, and their
 * operands are either the same value or values the same distance before them. What layers hand on
 * is named by outputs of the shortened entry, once after either: only where what holds of them
 * after the first layer holds after the second does it hold after every other. Layers that
 * something behind them looks back at, or that look back at more than the layer before, stay.
 */
final class RepeatedLayers {
  private static final int KEPT = 2;

  private final List<Definition> values;
  private final int first;
  private final int length;
  private final int removed;

  /** From {@code first} on, {@code length} definitions are a layer; so many are taken out. */
  private RepeatedLayers(List<Definition> values, int first, int length, int removed) {
    this.values = values;
    this.first = first;
    this.length = length;
    this.removed = removed;
  }

  /**
   * An entry with two of its layers.
   *
   * @param entry has what layers hand on among its outputs
   * @param handedOn the outputs that the first layer hands on, and those that the second does
   *     instead
   */
  record Shortened(Entry entry, Map<String, String> handedOn) {}

  /** The entry with two of its layers; empty if it has no more that are alike. */
  static Optional<Shortened> shortened(Entry e) {
    return find(e.values()).flatMap(r -> r.without(e));
  }

  /** Between layers that are alike, attention is where it was one layer before. */
  private static Optional<RepeatedLayers> find(List<Definition> values) {
    int previous = -1;
    for (int i = 0; i < values.size(); i++) {
      if (values.get(i) instanceof Call c && c.operation() == Intrinsic.ATTEND) {
        if (previous >= 0 && alike(values, previous, i - previous)) {
          Optional<RepeatedLayers> found = around(values, previous, i - previous);
          if (found.isPresent()) {
            return found;
          }
        }
        previous = i;
      }
    }
    return Optional.empty();
  }

  private static Optional<RepeatedLayers> around(List<Definition> values, int at, int length) {
    int low = at;
    while (low > 0 && alike(values, low - 1, length)) {
      low--;
    }
    int high = at + 1;
    while (high + length < values.size() && alike(values, high, length)) {
      high++;
    }
    int layers = (high + length - low) / length;
    return layers <= KEPT
        ? Optional.empty()
        : Optional.of(new RepeatedLayers(values, low, length, (layers - KEPT) * length));
  }

  /** Returns true if a definition is like the one a distance after it. */
  private static boolean alike(List<Definition> values, int i, int distance) {
    Definition a = values.get(i);
    Definition b = values.get(i + distance);
    if (!a.type().equals(b.type())) {
      return false;
    }
    return switch (a) {
      case Definition.Input in -> false;
      case Definition.Read r -> b instanceof Definition.Read;
      case Call c -> b instanceof Call d && alike(c, d, distance);
    };
  }

  private static boolean alike(Call a, Call b, int distance) {
    List<Integer> x = a.operands();
    List<Integer> y = b.operands();
    if (a.operation() != b.operation()
        || x.size() != y.size()
        || !a.attributes().equals(b.attributes())) {
      return false;
    }
    for (int k = 0; k < x.size(); k++) {
      int apart = y.get(k) - x.get(k);
      if (apart != 0 && apart != distance) {
        return false;
      }
    }
    return true;
  }

  /** The entry without the layers; empty if something still looks at them. */
  private Optional<Shortened> without(Entry e) {
    Optional<Set<Integer>> handed = handedOn();
    if (handed.isEmpty()) {
      return Optional.empty();
    }
    int end = first + KEPT * length + removed;
    List<Definition> kept = new ArrayList<>(values.subList(0, first + KEPT * length));
    for (int i = end; i < values.size(); i++) {
      Definition d = values.get(i);
      if (!(d instanceof Call c)) {
        kept.add(d);
        continue;
      }
      List<Integer> operands = new ArrayList<>(c.operands().size());
      for (int o : c.operands()) {
        if (isGone(o)) {
          return Optional.empty();
        }
        operands.add(moved(o));
      }
      kept.add(new Call(c.operation(), operands, c.attributes(), c.type(), c.module(), c.where()));
    }
    Map<String, Integer> outputs = new LinkedHashMap<>();
    Map<String, Integer> updates = new LinkedHashMap<>();
    if (!outside(e.outputs(), outputs) || !outside(e.updates(), updates)) {
      return Optional.empty();
    }
    Map<String, String> names = new LinkedHashMap<>();
    for (int value : handed.get()) {
      String name = "handed on by the first layer, value " + value;
      String next = "handed on by the second layer, value " + (value + length);
      outputs.put(name, value);
      outputs.put(next, value + length);
      names.put(name, next);
    }
    Entry shortened =
        new Entry(
            e.name(),
            e.kind(),
            kept,
            outputs,
            e.reports(),
            e.exports(),
            updates,
            e.over(),
            e.generated(),
            e.where());
    return Optional.of(new Shortened(shortened, names));
  }

  /**
   * The values of the first layer that the second looks at; empty if it looks at others that the
   * third does not look at.
   */
  private Optional<Set<Integer>> handedOn() {
    Set<Integer> handed = new TreeSet<>();
    for (int i = first + length; i < first + 2 * length; i++) {
      if (values.get(i) instanceof Call c) {
        List<Integer> next = ((Call) values.get(i + length)).operands();
        for (int k = 0; k < next.size(); k++) {
          int o = c.operands().get(k);
          if (o < first && next.get(k) != o) {
            return Optional.empty();
          }
          if (o >= first && o < first + length && next.get(k) != o) {
            handed.add(o);
          }
        }
      }
    }
    return Optional.of(handed);
  }

  /**
   * Returns true if a value that is looked at from behind the layers is in one of them but the
   * last, which the second stands for.
   */
  private boolean isGone(int value) {
    return value >= first && value < first + removed + length;
  }

  private int moved(int value) {
    return value < first ? value : value - removed;
  }

  /** Moves what is named; false if some of it is gone. */
  private boolean outside(Map<String, Integer> named, Map<String, Integer> all) {
    for (Map.Entry<String, Integer> n : named.entrySet()) {
      if (isGone(n.getValue())) {
        return false;
      }
      all.put(n.getKey(), moved(n.getValue()));
    }
    return true;
  }
}
