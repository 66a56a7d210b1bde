package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.Expr;
import dev.lgc.dsl.ast.Ident;
import dev.lgc.dsl.ast.Param;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.NearNames;
import dev.lgc.dsl.source.Span;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The arguments of a call, by the parameters of what it calls. */
final class Arguments {
  private Arguments() {}

  /** One argument or none for each parameter. */
  static List<Optional<Value.Arg>> match(
      List<Param> params, List<Value.Arg> args, String what, Span at) {
    List<Optional<Value.Arg>> out = new ArrayList<>();
    params.forEach(_ -> out.add(Optional.empty()));
    List<String> names = params.stream().map(p -> p.name().text()).toList();
    int position = 0;
    for (Value.Arg a : args) {
      int k = a.name().isEmpty() ? position++ : names.indexOf(a.name().get().text());
      if (k < 0) {
        String name = a.name().orElseThrow().text();
        Diagnostic d =
            Diagnostic.of(
                    Code.UNKNOWN_ARGUMENT,
                    a.name().get().span(),
                    what + " has no parameter `" + name + "`")
                .withNear(NearNames.of(name, names));
        throw new Fault(d.near().isEmpty() ? d.withExpected(signature(params)) : d);
      }
      if (k >= params.size()) {
        throw new Fault(
            Diagnostic.of(
                    Code.TOO_MANY_ARGUMENTS,
                    a.expr().span(),
                    what + " takes " + count(params.size(), "argument"))
                .withExpected(signature(params)));
      }
      if (out.get(k).isPresent()) {
        throw new Fault(
            Diagnostic.of(
                Code.TOO_MANY_ARGUMENTS,
                a.expr().span(),
                "`" + names.get(k) + "` of " + what + " is given twice"));
      }
      out.set(k, Optional.of(a));
    }
    for (int k = 0; k < params.size(); k++) {
      if (out.get(k).isEmpty() && params.get(k).standard().isEmpty()) {
        throw new Fault(
            Diagnostic.of(
                    Code.MISSING_ARGUMENT,
                    at,
                    what + " needs an argument for `" + names.get(k) + "`")
                .withExpected(signature(params))
                .withNote(params.get(k).name().span(), "declared here"));
      }
    }
    return out;
  }

  private static String count(int n, String what) {
    return n == 0 ? "no " + what + "s" : n + " " + what + (n == 1 ? "" : "s");
  }

  private static String signature(List<Param> params) {
    return params.isEmpty()
        ? ""
        : String.join(
            ", ",
            params.stream()
                .map(
                    p ->
                        p.name()
                            + ": "
                            + p.type().span().text()
                            + p.standard().map(s -> " = " + s.span().text()).orElse(""))
                .toList());
  }

  /** The arguments by the parameters of a function of the language, those that are given. */
  static Map<String, Value.Arg> match(
      FunctionSignature function, List<Value.Arg> args, Expr.Call call) {
    Map<String, Value.Arg> given = new LinkedHashMap<>();
    int position = 0;
    for (Value.Arg a : args) {
      String key =
          a.name().isPresent() ? named(function, a.name().get()) : next(function, position++, a);
      if (a.value() instanceof Value.Poison) {
        throw Fault.silent();
      }
      if (given.put(key, a) != null) {
        throw new Fault(
            Diagnostic.of(
                Code.TOO_MANY_ARGUMENTS,
                a.expr().span(),
                "`" + key + "` of " + function.name() + " is given twice"));
      }
    }
    for (FunctionSignature.Parameter p : function.parameters()) {
      if (!p.optional() && !given.containsKey(p.name())) {
        throw new Fault(
            Diagnostic.of(
                    Code.MISSING_ARGUMENT,
                    call.span(),
                    function.name() + " needs an argument for `" + p.name() + "`")
                .withExpected(function.toString()));
      }
    }
    return given;
  }

  private static String named(FunctionSignature function, Ident key) {
    if (function.parameter(key.text()).isEmpty()) {
      List<String> names =
          function.parameters().stream().map(FunctionSignature.Parameter::name).toList();
      throw new Fault(
          Diagnostic.of(
                  Code.UNKNOWN_ARGUMENT,
                  key.span(),
                  function.name() + " has no parameter `" + key + "`")
              .withExpected(function.toString())
              .withNear(NearNames.of(key.text(), names)));
    }
    return key.text();
  }

  private static String next(FunctionSignature function, int position, Value.Arg a) {
    if (position >= function.parameters().size()) {
      throw new Fault(
          Diagnostic.of(
                  Code.TOO_MANY_ARGUMENTS,
                  a.expr().span(),
                  "too many arguments for " + function.name())
              .withExpected(function.toString()));
    }
    return function.parameters().get(position).name();
  }
}
