package dev.lgc.dsl.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A function of the language, whole: its signature, its line in the reference, and its rule, which
 * checks the arguments and gives the value. Nothing else knows a function by its name: names,
 * parameters, messages, documentation and tests come from the entries in {@link Functions}.
 *
 * <p>What a rule gives is what the function means: a static value, or calls of {@link
 * dev.lgc.dsl.type.Intrinsic} operations, which the compiler lowers. A function that is a
 * composition of others is therefore its entry and nothing more; one that computes something new
 * needs an operation beside it.
 */
public final class LanguageFunction {
  private final String name;
  private final List<Parameter> parameters;
  private final String documentation;
  private final Rule rule;

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

  /** Checks the arguments of a call and gives its value, or a fault. */
  interface Rule {
    Value apply(Operands o);
  }

  private LanguageFunction(
      String name, List<Parameter> parameters, String documentation, Rule rule) {
    this.name = name;
    this.parameters = parameters;
    this.documentation = documentation;
    this.rule = rule;
  }

  /**
   * An entry, to be given the rule of its family.
   *
   * @param signature as in {@code "pad(x, before, after, value: 0.0)"}; {@code ?} ends a parameter
   *     that may be left out and has no fixed value then
   * @param documentation one line of Markdown: what the function gives
   */
  static LanguageFunction function(String signature, String documentation) {
    int open = signature.indexOf('(');
    List<Parameter> parameters = new ArrayList<>();
    for (String p : signature.substring(open + 1, signature.length() - 1).split(",")) {
      parameters.add(Parameter.parse(p.strip()));
    }
    return new LanguageFunction(
        signature.substring(0, open),
        List.copyOf(parameters),
        documentation,
        o -> {
          throw o.unknown();
        });
  }

  /** The same entry with a rule. */
  LanguageFunction with(Rule family) {
    return new LanguageFunction(name, parameters, documentation, family);
  }

  /** The value of a call with these operands. */
  Value apply(Operands o) {
    return rule.apply(o);
  }

  /** The name that calls it. */
  public String name() {
    return name;
  }

  /** Its parameters in order. */
  public List<Parameter> parameters() {
    return parameters;
  }

  /** One line of Markdown: what it gives. */
  public String documentation() {
    return documentation;
  }

  /**
   * A call with every parameter, those with a standard value by name: {@code sum(x, keep: false)}.
   */
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
  String signature() {
    return parameters.stream()
        .map(p -> p.optional() ? p.name() + "?" : p.name())
        .collect(Collectors.joining(", ", name + "(", ")"));
  }

  @Override
  public String toString() {
    return usage();
  }
}
