package dev.lgc.dsl.check;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The functions of the language by family, and by name. */
public final class Functions {
  /**
   * Functions that stand in one file, and together in the reference.
   *
   * @param title the heading
   * @param note a sentence about all of them
   */
  public record Family(String title, String note, List<LanguageFunction> functions) {}

  private static final List<Family> FAMILIES =
      List.of(
          ElementwiseFunctions.FAMILY,
          ChoiceFunctions.FAMILY,
          ReductionFunctions.FAMILY,
          MovementFunctions.FAMILY,
          ContractionFunctions.FAMILY,
          WindowFunctions.FAMILY,
          RandomFunctions.FAMILY,
          GradientFunctions.FAMILY,
          StaticFunctions.FAMILY);

  private static final Map<String, LanguageFunction> BY_NAME = new LinkedHashMap<>();

  static {
    for (Family family : FAMILIES) {
      for (LanguageFunction f : family.functions()) {
        if (BY_NAME.put(f.name(), f) != null) {
          throw new IllegalStateException("two functions are called " + f.name());
        }
      }
    }
  }

  private Functions() {}

  /**
   * A family.
   *
   * @param rule of all of them: it tells them apart by their name. One rule for each would be a
   *     class for each, made at every start.
   */
  static Family family(
      String title, String note, LanguageFunction.Rule rule, LanguageFunction... functions) {
    List<LanguageFunction> all = new ArrayList<>();
    for (LanguageFunction f : functions) {
      all.add(f.with(rule));
    }
    return new Family(title, note, List.copyOf(all));
  }

  /** The families in the order of the reference. */
  public static List<Family> families() {
    return FAMILIES;
  }

  /** The names of all functions. */
  public static Set<String> names() {
    return BY_NAME.keySet();
  }

  /** The function of a name. */
  static Optional<LanguageFunction> named(String name) {
    return Optional.ofNullable(BY_NAME.get(name));
  }
}
