package dev.lgc.dsl.resolve;

import dev.lgc.dsl.ast.Item;
import dev.lgc.dsl.ast.TypeExpr;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.NearNames;
import java.util.ArrayList;
import java.util.List;

/** The names of types that no file declares. */
public final class Types {
  /** Types of static parameters, beside scales and interfaces. */
  public static final List<String> STATIC =
      List.of("int", "float", "bool", "string", "list", "init", "block", "model", "any");

  /** Types of a tensor's elements. */
  public static final List<String> ELEMENTS = List.of("int", "float", "bool");

  private Types() {}

  /** Returns true if values can be declared with the type {@code item}. */
  static boolean isType(Item item) {
    return item instanceof Item.Scale || item instanceof Item.Interface;
  }

  /** The mistake of naming a type that is neither static nor visible in {@code module}. */
  public static Diagnostic unknown(TypeExpr.Named type, Module module) {
    List<String> known = new ArrayList<>(STATIC);
    module
        .names()
        .forEach(
            (name, all) -> {
              if (isType(all.getFirst().item())) {
                known.add(name);
              }
            });
    return Diagnostic.of(Code.UNKNOWN_TYPE, type.span(), "there is no type `" + type.name() + "`")
        .withExpected("one of " + String.join(", ", known))
        .withNear(NearNames.of(type.name(), known));
  }
}
