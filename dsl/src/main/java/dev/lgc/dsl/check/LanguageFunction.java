package dev.lgc.dsl.check;

import java.util.List;

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
  private final FunctionSignature signature;
  private final String documentation;
  private final Rule rule;

  /** Checks the arguments of a call and gives its value, or a fault. */
  interface Rule {
    Value apply(Operands o);
  }

  private LanguageFunction(FunctionSignature signature, String documentation, Rule rule) {
    this.signature = signature;
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
    return new LanguageFunction(
        FunctionSignature.parse(signature),
        documentation,
        o -> {
          throw o.unknown();
        });
  }

  /** The same entry with a rule. */
  LanguageFunction with(Rule family) {
    return new LanguageFunction(signature, documentation, family);
  }

  /** The value of a call with these operands. */
  Value apply(Operands o) {
    return rule.apply(o);
  }

  /** Its name and parameters. */
  public FunctionSignature signature() {
    return signature;
  }

  /** The name that calls it. */
  public String name() {
    return signature.name();
  }

  /** Its parameters in order. */
  public List<FunctionSignature.Parameter> parameters() {
    return signature.parameters();
  }

  /** One line of Markdown: what it gives. */
  public String documentation() {
    return documentation;
  }

  /**
   * A call with every parameter, those with a default value by name: {@code sum(x, keep: false)}.
   */
  public String usage() {
    return signature.usage();
  }

  @Override
  public String toString() {
    return usage();
  }
}
