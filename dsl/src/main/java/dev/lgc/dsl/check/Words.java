package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.Item;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.NearNames;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.model.Storage;
import dev.lgc.dsl.source.Span;
import dev.lgc.dsl.type.DType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Names that the language itself gives a meaning, and rows of scales. */
final class Words {
  /** The names that {@link #value} gives a value of their own. */
  static final Set<String> VALUES =
      Set.of("causal", "zeros", "ones", "pi", "inf", "step", "training", "int", "float", "bool");

  /** The names with a meaning everywhere: functions of the language and {@link #VALUES}. */
  static final Set<String> ALL =
      Stream.concat(Functions.names().stream(), VALUES.stream())
          .collect(Collectors.toUnmodifiableSet());

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
      default -> Functions.named(name).map(Value.Builtin::new);
    };
  }

  private static Value step(Elaboration in, Span at) {
    EntryBuilder e = in.tensors.entry(at);
    if (e.kind() != Entry.Kind.OBJECTIVE) {
      throw new Fault(
          Diagnostic.of(Code.MISPLACED, at, "only objectives know the optimizer's step"));
    }
    return e.step(at);
  }

  /** A row of a scale by name. */
  static Value row(Value.Scale scale, String name, Span at, Elaboration in) {
    for (Item.Row r : scale.item().rows()) {
      if (r.name().text().equals(name)) {
        Value v = in.eval.eval(r.value(), in.fileScope(scale.home()));
        List<Value> fields = v instanceof Value.Items l ? l.values() : List.of(v);
        return row(scale, name, fields, r.value().span(), in);
      }
    }
    List<String> names = scale.item().rows().stream().map(r -> r.name().text()).toList();
    throw new Fault(
        Diagnostic.of(
                Code.UNKNOWN_ROW, at, "scale " + scale.item().name() + " has no row `" + name + "`")
            .withExpected("one of " + String.join(", ", names))
            .withNear(NearNames.of(name, names)));
  }

  /** A row from its fields. */
  static Value.Row row(Value.Scale of, String name, List<Value> fields, Span at, Elaboration in) {
    Item.Scale scale = of.item();
    List<String> names = scale.params().stream().map(p -> p.name().text()).toList();
    if (fields.size() != names.size()) {
      throw new Fault(
          Diagnostic.of(
                  Code.TYPE_MISMATCH,
                  at,
                  "a row of " + scale.name() + " has " + names.size() + " fields")
              .withFound(Integer.toString(fields.size()))
              .withExpected(String.join(", ", names)));
    }
    Map<String, Value> out = new LinkedHashMap<>();
    for (int i = 0; i < fields.size(); i++) {
      Scope scope = in.fileScope(of.home());
      out.put(
          names.get(i),
          in.binder.coerce(fields.get(i), scale.params().get(i), Optional.empty(), at, scope));
    }
    return new Value.Row(scale, name, out);
  }
}
