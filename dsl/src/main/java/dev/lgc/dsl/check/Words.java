package dev.lgc.dsl.check;

import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.model.Storage;
import dev.lgc.dsl.source.Span;
import dev.lgc.dsl.type.DType;
import java.util.Optional;
import java.util.Set;

/** Built-in names of the language. */
final class Words {
  /** The names that {@link #value} gives a value of their own. */
  static final Set<String> VALUES =
      Set.of("causal", "zeros", "ones", "pi", "inf", "step", "training", "int", "float", "bool");

  private Words() {}

  static Optional<Value> value(String name, Elaboration in, Span at) {
    return switch (name) {
      case "causal" -> Optional.of(new Value.Symbol("causal"));
      case "zeros" -> Optional.of(new Value.Init(new Storage.Init.Constant(0)));
      case "ones" -> Optional.of(new Value.Init(new Storage.Init.Constant(1)));
      case "pi" -> Optional.of(new Value.Real(Math.PI));
      case "inf" -> Optional.of(new Value.Real(Double.POSITIVE_INFINITY));
      case "int" -> Optional.of(new Value.Element(DType.I32));
      case "float" -> Optional.of(new Value.Element(DType.F32));
      case "bool" -> Optional.of(new Value.Element(DType.BOOL));
      case "training" ->
          Optional.of(new Value.Bool(in.entry().map(EntryBuilder::training).orElse(false)));
      case "step" -> Optional.of(step(in, at));
      default ->
          Functions.byName().containsKey(name)
              ? Optional.of(new Value.Builtin(name))
              : Optional.empty();
    };
  }

  private static Value step(Elaboration in, Span at) {
    EntryBuilder e = in.entry(at);
    if (e.kind() != Entry.Kind.OBJECTIVE) {
      throw new Fault(
          Diagnostic.of(Code.MISPLACED, at, "only objectives can use the optimizer's step"));
    }
    return e.step(at);
  }
}
