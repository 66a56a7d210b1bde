package dev.lgc.dsl.check;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The functions of the language by family, and by name. */
public final class Functions {
  private static final List<FunctionFamily> FAMILIES =
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
    for (FunctionFamily family : FAMILIES) {
      for (LanguageFunction f : family.functions()) {
        if (BY_NAME.put(f.name(), f) != null) {
          throw new IllegalStateException("two functions are called " + f.name());
        }
      }
    }
  }

  private Functions() {}

  /** The families in the order of the reference. */
  public static List<FunctionFamily> families() {
    return FAMILIES;
  }

  /** The names of all functions. */
  public static Set<String> names() {
    return BY_NAME.keySet();
  }

  /** All functions by name. */
  static Map<String, LanguageFunction> byName() {
    return Collections.unmodifiableMap(BY_NAME);
  }
}
