package dev.lgc.runtime.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.io.BadInputException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The classes of a data set, or of the data that a generator was trained on. A class is its name,
 * character for character, with whatever commas, spaces and digits it has; its number is its place
 * in the list.
 *
 * @param names by number, no two equal; empty if they are not known
 */
public record ClassNames(List<String> names) {
  /** No class is known by name. */
  public static final ClassNames UNKNOWN = new ClassNames(List.of());

  private static final String FACT = "class_names";
  private static final String UNSEEN = "classes_without_pictures";

  /** The fact of checkpoints older than {@link #FACT}: the names, joined by commas. */
  private static final String JOINED = "classes";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final TypeReference<List<String>> TEXTS = new TypeReference<>() {};

  /**
   * Refuses two classes of one name.
   *
   * @throws BadInputException naming it
   */
  public ClassNames {
    names = List.copyOf(names);
    Set<String> seen = new HashSet<>();
    for (String name : names) {
      if (!seen.add(name)) {
        throw new BadInputException(
            "two classes are named `" + name + "`", "a name of its own for each class", "");
      }
    }
  }

  /** Returns true if the classes are known by name. */
  public boolean known() {
    return !names.isEmpty();
  }

  /** The number of classes. */
  public int size() {
    return names.size();
  }

  /** The number of the class {@code name}; -1 if there is none. */
  public int indexOf(String name) {
    return names.indexOf(name);
  }

  /** The name of class {@code number}, or the number itself where it has no name. */
  public String shown(int number) {
    return number < names.size() ? names.get(number) : String.valueOf(number);
  }

  /** The facts that a checkpoint remembers of them. */
  public Map<String, String> facts() {
    return Map.of(FACT, json(names));
  }

  /** The facts that it remembers of those that were never shown to the generator. */
  public static Map<String, String> unseenFacts(List<String> unseen) {
    return unseen.isEmpty() ? Map.of() : Map.of(UNSEEN, json(unseen));
  }

  /** The names of the classes that a generator was never shown. */
  public static List<String> unseen(Map<String, String> facts) {
    return facts.containsKey(UNSEEN) ? list(facts.get(UNSEEN)) : List.of();
  }

  private static String json(List<String> texts) {
    try {
      return JSON.writeValueAsString(texts);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<String> list(String json) {
    try {
      return List.copyOf(JSON.readValue(json, TEXTS));
    } catch (JsonProcessingException | NullPointerException e) {
      throw new BadInputException(
          "damaged metadata: class names " + json, "a list of texts", "", e);
    }
  }

  /**
   * The class names that a checkpoint keeps. Old ones joined the names by commas: of those, a name
   * with a comma is taken for two.
   */
  public static ClassNames of(Map<String, String> facts) {
    String known = facts.get(FACT);
    if (known == null) {
      String joined = facts.getOrDefault(JOINED, "");
      List<String> split = List.of(joined.split(",", -1));
      boolean sound = !joined.isEmpty() && new HashSet<>(split).size() == split.size();
      return sound ? new ClassNames(split) : UNKNOWN;
    }
    return new ClassNames(list(known));
  }

  /**
   * Returns true if a checkpoint with these facts was trained on these classes, or does not say.
   */
  public boolean agreesWith(Map<String, String> facts) {
    String joined = facts.get(JOINED);
    if (!facts.containsKey(FACT) && joined != null) {
      return joined.isEmpty() || joined.equals(String.join(",", names));
    }
    ClassNames then = of(facts);
    return !then.known() || then.equals(this);
  }

  /**
   * The same classes under the numbers that {@code earlier} gave them; those that are new follow.
   */
  public ClassNames after(ClassNames earlier) {
    List<String> all = new ArrayList<>(earlier.names);
    Set<String> old = Set.copyOf(earlier.names);
    names.stream().filter(n -> !old.contains(n)).forEach(all::add);
    return new ClassNames(all);
  }

  /** The number of each of these classes in {@code other}; -1 for those that it has not. */
  public int[] in(ClassNames other) {
    Map<String, Integer> numbers = new HashMap<>();
    for (int i = 0; i < other.size(); i++) {
      numbers.put(other.names.get(i), i);
    }
    return names.stream().mapToInt(n -> numbers.getOrDefault(n, -1)).toArray();
  }

  /**
   * The difference between these classes and {@code earlier} ones, in words; empty if there is
   * none.
   */
  public String differenceFrom(ClassNames earlier) {
    int[] before = in(earlier);
    int[] after = earlier.in(this);
    List<String> added = new ArrayList<>();
    List<String> moved = new ArrayList<>();
    List<String> gone = new ArrayList<>();
    for (int i = 0; i < before.length; i++) {
      if (before[i] < 0) {
        added.add(Text.format("`%s` (class %d)", names.get(i), i));
      } else if (before[i] != i) {
        moved.add(Text.format("`%s` (class %d, now %d)", names.get(i), before[i], i));
      }
    }
    for (int i = 0; i < after.length; i++) {
      if (after[i] < 0) {
        gone.add(Text.format("`%s` (class %d)", earlier.names.get(i), i));
      }
    }
    Map<String, List<String>> all = new LinkedHashMap<>();
    all.put("added", added);
    all.put("gone", gone);
    all.put("moved", moved);
    List<String> parts = new ArrayList<>();
    all.forEach(
        (how, which) -> {
          if (!which.isEmpty()) {
            parts.add(how + " " + some(which));
          }
        });
    return String.join("; ", parts);
  }

  /** A list for a message: the first few, and how many more there are. */
  public static String some(List<String> all) {
    int most = 4;
    String first = String.join(", ", all.subList(0, Math.min(most, all.size())));
    return all.size() <= most ? first : first + " and " + (all.size() - most) + " more";
  }
}
