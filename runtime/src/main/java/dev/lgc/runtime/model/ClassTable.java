package dev.lgc.runtime.model;

import dev.lgc.dsl.model.Call;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Definition;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.model.SourcePlace;
import dev.lgc.dsl.model.Storage;
import dev.lgc.dsl.type.Intrinsic;
import dev.lgc.runtime.io.BadInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A parameter with a row for each class, and perhaps one for no class: found by following the label
 * of a model's generator to what it selects, whatever that is called.
 *
 * @param path of the parameter
 * @param rows how many
 * @param none the row of no class; -1 if there is none
 */
public record ClassTable(String path, int rows, int none) {

  /**
   * The class tables of a model; none if its generator takes no label.
   *
   * @throws BadInputException if the label does anything but select rows of parameters
   */
  public static List<ClassTable> of(CheckedModel model) {
    Map<String, ClassTable> found = new TreeMap<>();
    for (Entry e : model.entries(Entry.Kind.GENERATE)) {
      for (Definition.Input input : e.inputs()) {
        if (InputKind.of(input) == InputKind.LABEL) {
          follow(model, e, e.values().indexOf(input), none(e, input.name()))
              .forEach(t -> found.put(t.path(), t));
        }
      }
    }
    return List.copyOf(found.values());
  }

  private static List<ClassTable> follow(CheckedModel model, Entry e, int label, int none) {
    boolean[] isLabel = new boolean[e.values().size()];
    isLabel[label] = true;
    List<ClassTable> tables = new ArrayList<>();
    for (int i = 0; i < isLabel.length; i++) {
      if (!(e.values().get(i) instanceof Call call)
          || call.operands().stream().noneMatch(o -> isLabel[o])) {
        continue;
      }
      if (call.operation() == Intrinsic.GATHER && !isLabel[call.operands().get(0)]) {
        tables.add(table(model, e, call, none));
      } else if (passesOn(call, isLabel)) {
        isLabel[i] = true;
      } else {
        throw unfit(call.where(), "the label goes into " + call.operation());
      }
    }
    return tables;
  }

  /** Returns true if a result holds the numbers of classes that an operand holds, and no others. */
  private static boolean passesOn(Call call, boolean... isLabel) {
    return switch (call.operation()) {
      case RESHAPE, BROADCAST, TRANSPOSE, SLICE, STOP_GRADIENT -> true;
      case WHERE -> !isLabel[call.operands().getFirst()];
      default -> false;
    };
  }

  private static ClassTable table(CheckedModel model, Entry e, Call gather, int none) {
    if (e.values().get(gather.operands().getFirst()) instanceof Definition.Read read) {
      for (Storage s : model.storage()) {
        if (s.path().equals(read.path()) && s.role() == Storage.Role.PARAMETER) {
          return new ClassTable(s.path(), s.type().shape().dim(0), none);
        }
      }
    }
    throw unfit(gather.where(), "the label selects rows of a computed value");
  }

  /** The constant that stands for no label; -1 if there is none. */
  private static int none(Entry e, String input) {
    Integer value = e.outputs().get(Entry.nullOutput(input));
    while (value != null) {
      Definition d = e.values().get(value);
      if (!(d instanceof Call call)) {
        break;
      }
      switch (call.operation()) {
        case CONSTANT -> {
          return ((Number) call.attributes().get("value")).intValue();
        }
        case RESHAPE, BROADCAST -> value = call.operands().getFirst();
        default -> value = null;
      }
    }
    return -1;
  }

  private static BadInputException unfit(SourcePlace where, String found) {
    return new BadInputException(
        where + ": " + found,
        "a label that selects rows of parameters, so that classes have rows",
        "leave out `start_from.classes`");
  }

  /** The number of classes that it has rows for, if the row of no class is the last. */
  public int classes() {
    return none == rows - 1 ? none : rows;
  }

  /**
   * For each row of this table, the row of {@code old} that it begins as; -1 for one that is
   * initialised.
   *
   * @param classes which row of the old table each class of this one begins as; -1 for none
   */
  public int[] rowsFrom(ClassTable old, int... classes) {
    int[] from = new int[rows];
    for (int row = 0; row < rows; row++) {
      int of = row < classes.length ? classes[row] : -1;
      from[row] = row == none ? old.none : of < old.rows && of != old.none ? of : -1;
    }
    return from;
  }

  /**
   * The table of weights of which nothing is known but how many rows they have: the row of no class
   * is taken to be where it is here, at the end or at the same place.
   */
  public ClassTable like(int oldRows) {
    return new ClassTable(
        path, oldRows, none == rows - 1 ? oldRows - 1 : none < oldRows ? none : -1);
  }
}
