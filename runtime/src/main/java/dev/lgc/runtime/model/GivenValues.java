package dev.lgc.runtime.model;

import dev.lgc.dsl.check.GivenParameters;
import dev.lgc.dsl.check.Language;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.Outcome;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.source.Span;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * A model elaborated with values from outside its {@code .arch}. A mistake that is not there
 * without a value is due to it: its message, which shows a place in the {@code .arch}, then names
 * the place of the value too.
 *
 * @param place of a parameter's value, given the parameter's name and the value
 */
record GivenValues(
    Language file,
    String model,
    Map<String, Integer> dimensions,
    BiFunction<String, String, Diagnostic.Note> place) {
  /** The identity of a mistake: its kind and its place. */
  private record Mistake(Code code, Span span) {
    static Mistake of(Diagnostic d) {
      return new Mistake(d.code(), d.span());
    }
  }

  /** The place of a value on the command line. */
  static Diagnostic.Note option(String name, String value) {
    return new Diagnostic.Note(Span.NONE, "set by `-p " + name + "=" + value + "`");
  }

  /** The model, or the mistakes in it. */
  Outcome<CheckedModel> elaborate(Map<String, String> values) {
    Outcome<CheckedModel> outcome = file.elaborate(model, values, dimensions);
    if (outcome.isOk()) {
      return outcome;
    }
    List<Diagnostic> all = outcome.diagnostics();
    for (Map.Entry<String, String> value : values.entrySet()) {
      Map<String, String> others = new LinkedHashMap<>(values);
      others.remove(value.getKey());
      Set<Mistake> without = new HashSet<>();
      file.elaborate(model, others, dimensions)
          .diagnostics()
          .forEach(d -> without.add(Mistake.of(d)));
      Diagnostic.Note note = place.apply(value.getKey(), value.getValue());
      all =
          all.stream()
              .map(
                  d ->
                      d.span().isNowhere()
                              || isOf(value.getKey(), d)
                              || without.contains(Mistake.of(d))
                          ? d
                          : d.withNote(note.span(), note.text()))
              .toList();
    }
    return Outcome.failed(all);
  }

  /** Returns true if a mistake is in the text of a value: its message names it already. */
  private static boolean isOf(String parameter, Diagnostic d) {
    return d.span().source().name().equals(GivenParameters.sourceName(parameter));
  }
}
