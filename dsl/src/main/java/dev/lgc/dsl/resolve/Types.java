package dev.lgc.dsl.resolve;

import java.util.List;

/** The names of types that no file declares. */
public final class Types {
  /** Types of static parameters, beside scales and interfaces. */
  public static final List<String> STATIC =
      List.of("int", "float", "bool", "string", "list", "init", "block", "model", "any");

  /** Types of a tensor's elements. */
  public static final List<String> ELEMENTS = List.of("int", "float", "bool");

  private Types() {}
}
