package dev.lgc.dsl.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The name and the parameters of a function of the language. */
public record FunctionSignature(String name, List<Parameter> parameters) {
  /**
   * A parameter of a function.
   *
   * @param optional whether a call may leave it out
   * @param standard its value if left out, as a user would write it: a literal or the name of
   *     another parameter; empty if the rule decides
   */
  public record Parameter(String name, boolean optional, Optional<String> standard) {
    static Parameter parse(String text) {
      int colon = text.indexOf(':');
      if (colon >= 0) {
        String standard = text.substring(colon + 1).strip();
        return new Parameter(text.substring(0, colon), true, Optional.of(standard));
      }
      boolean open = text.endsWith("?");
      String name = open ? text.substring(0, text.length() - 1) : text;
      return new Parameter(name, open, Optional.empty());
    }
  }

  public FunctionSignature {
    parameters = List.copyOf(parameters);
  }

  /** The signature that a text such as {@code "pad(x, before, after, value: 0.0)"} gives. */
  static FunctionSignature parse(String text) {
    int open = text.indexOf('(');
    List<Parameter> parameters = new ArrayList<>();
    for (String p : text.substring(open + 1, text.length() - 1).split(",")) {
      parameters.add(Parameter.parse(p.strip()));
    }
    return new FunctionSignature(text.substring(0, open), parameters);
  }

  /** A call with every parameter, those with a default by name: {@code sum(x, keep: false)}. */
  public String usage() {
    return parameters.stream()
        .map(p -> p.name() + p.standard().map(s -> ": " + s).orElse(p.optional() ? "?" : ""))
        .collect(Collectors.joining(", ", name + "(", ")"));
  }

  /** The parameter of a name. */
  Optional<Parameter> parameter(String wanted) {
    for (Parameter p : parameters) {
      if (p.name().equals(wanted)) {
        return Optional.of(p);
      }
    }
    return Optional.empty();
  }

  /** The signature as messages show it, {@code ?} after what may be left out. */
  @Override
  public String toString() {
    return parameters.stream()
        .map(p -> p.optional() ? p.name() + "?" : p.name())
        .collect(Collectors.joining(", ", name + "(", ")"));
  }
}
