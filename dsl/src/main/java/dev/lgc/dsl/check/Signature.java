package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.Expr;
import dev.lgc.dsl.ast.FunctionDecl;
import dev.lgc.dsl.ast.Ident;
import dev.lgc.dsl.ast.Param;
import dev.lgc.dsl.ast.TypeExpr;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.source.Span;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Checks the arguments of one call against the declared types. A name that means nothing around the
 * declaration is a free dimension, bound by the first tensor that has it; every {@code *} of one
 * signature stands for the same leading dimensions.
 */
final class Signature {
  private final Evaluator eval;
  private final Elaboration in;
  private final Scope scope;
  private final String what;
  private final Map<String, Dim> free = new HashMap<>();
  private Optional<List<Dim>> leading = Optional.empty();

  Signature(Evaluator eval, Scope scope, String what) {
    this.eval = eval;
    this.in = eval.in;
    this.scope = scope;
    this.what = what;
  }

  private record Tensor(Param param, TypeExpr.Tensor type, Value.Tensor value, Expr from) {}

  /** Declares every parameter in the scope of the call. */
  void bind(List<Param> params, List<Optional<Value.Arg>> args, Span at) {
    List<Tensor> tensors = new ArrayList<>();
    for (int k = 0; k < params.size(); k++) {
      Param p = params.get(k);
      Optional<Value.Arg> arg = args.get(k);
      if (p.type() instanceof TypeExpr.Tensor t) {
        Value given =
            arg.isPresent() ? arg.get().value() : eval.eval(p.standard().orElseThrow(), scope);
        Expr from = arg.isPresent() ? arg.get().expr() : p.standard().orElseThrow();
        if (given instanceof Value.None
            && p.standard().filter(Expr.NoneLiteral.class::isInstance).isPresent()) {
          scope.declare(p.name(), Scope.Kind.INPUT, given);
          continue;
        }
        DType dtype = Elements.type(t);
        Value.Tensor v = eval.tensors.tensor(given, dtype, from.span());
        tensors.add(new Tensor(p, t, v, from));
      } else {
        Value v = eval.coercion.value(p, arg, scope, at);
        if (arg.isPresent()) {
          scope.declare(p.name(), Scope.Kind.PARAM, v, arg.get().expr(), arg.get().scope());
        } else {
          scope.declare(p.name(), Scope.Kind.PARAM, v, p.standard().orElseThrow(), scope);
        }
      }
    }
    tensors.forEach(this::bindFree);
    tensors.forEach(t -> scope.declare(t.param().name(), Scope.Kind.INPUT, fit(t)));
  }

  private void bindFree(Tensor t) {
    List<Dim> dims = t.value().dims();
    int named = t.type().dims().size();
    DType dtype = Elements.type(t.type());
    if (t.value().dtype() != dtype) {
      throw new Fault(
          Diagnostic.of(
                  Code.DTYPE_MISMATCH,
                  t.from().span(),
                  "`" + t.param().name() + "` of " + what + " has other elements")
              .withFound(t.value().dtype().keyword())
              .withExpected(dtype.keyword())
              .withNote(t.param().name().span(), "declared here")
              .withHint("convert it with `cast(x, " + dtype.keyword() + ")`"));
    }
    if (t.type().leading() ? dims.size() < named : dims.size() != named) {
      throw new Fault(
          Diagnostic.of(
                  Code.RANK_MISMATCH,
                  t.from().span(),
                  "`"
                      + t.param().name()
                      + "` of "
                      + what
                      + " has "
                      + dimensions(t.type().leading(), named))
              .withFound(in.dimensions.show(t.value()))
              .withExpected(t.type().span().text())
              .withNote(t.param().name().span(), "declared here"));
    }
    int lead = dims.size() - named;
    for (int i = 0; i < named; i++) {
      bindFree(t.type().dims().get(i), dims.get(lead + i));
    }
    if (t.type().leading() && leading.isEmpty()) {
      leading = Optional.of(dims.subList(0, lead));
    }
  }

  private static String dimensions(boolean atLeast, int n) {
    return (atLeast ? "at least " : "") + n + " dimension" + (n == 1 ? "" : "s");
  }

  private void bindFree(Expr declared, Dim d) {
    if (!(declared instanceof Expr.Name n) || free.containsKey(n.name()) || isSize(n)) {
      return;
    }
    free.put(n.name(), d.expr().isPresent() ? d : Dim.of(d.size(), n, scope));
    if (scope.find(n.name()).isEmpty()) {
      scope.declare(new Ident(n.name(), n.span()), Scope.Kind.DIMENSION, new Value.Int(d.size()));
    }
  }

  private boolean isSize(Expr.Name n) {
    Optional<Scope.Binding> b = scope.find(n.name());
    if (b.isPresent()) {
      Value v = b.get().value();
      return v instanceof Value.Int || v instanceof Value.Poison;
    }
    return eval.globals
        .named(scope.module(), n.name(), n.span())
        .filter(v -> v instanceof Value.Int || v instanceof Value.Poison)
        .isPresent();
  }

  private int size(Expr declared) {
    if (declared instanceof Expr.Name n && free.containsKey(n.name())) {
      return free.get(n.name()).size();
    }
    return eval.tensors.size(eval.integer(declared, scope), declared.span());
  }

  private Value.Tensor fit(Tensor t) {
    List<Dim> dims =
        fit(
            t.type(),
            t.value(),
            t.from().span(),
            "`" + t.param().name() + "` of " + what,
            t.param().name());
    return new Value.Tensor(t.value().id(), t.value().dtype(), dims);
  }

  /** The dimensions with what the declaration says of them. */
  private List<Dim> fit(
      TypeExpr.Tensor type, Value.Tensor v, Span at, String subject, Ident declared) {
    int lead = v.rank() - type.dims().size();
    List<Dim> out = new ArrayList<>(v.dims().subList(0, lead));
    if (type.leading()) {
      List<Dim> want = leading.orElse(out);
      boolean same = want.size() == lead;
      for (int i = 0; same && i < lead; i++) {
        same = want.get(i).size() == out.get(i).size();
      }
      if (!same) {
        throw new Fault(
            Diagnostic.of(
                    Code.SHAPE_MISMATCH,
                    at,
                    "the leading dimensions of " + subject + " differ from the others'")
                .withFound(in.dimensions.show(out))
                .withExpected(in.dimensions.show(want) + " for `*`")
                .withNote(declared.span(), "declared here"));
      }
    }
    Set<String> wrong = new LinkedHashSet<>();
    for (int i = 0; i < type.dims().size(); i++) {
      Expr e = type.dims().get(i);
      int want = size(e);
      Dim d = v.dims().get(lead + i);
      if (d.size() != want) {
        String origin = origin(e);
        wrong.add(
            in.dimensions.show(want)
                + (origin.isEmpty() ? "" : " for " + origin)
                + ", not "
                + in.dimensions.show(d.size())
                + (d.origin().isEmpty() ? "" : " (" + d.origin() + ")"));
      }
      out.add(Dim.of(want, e, scope));
    }
    if (!wrong.isEmpty()) {
      throw new Fault(
          Diagnostic.of(Code.SHAPE_MISMATCH, at, subject + " does not fit")
              .withFound(in.dimensions.show(v))
              .withExpected(type.span().text() + ": " + String.join("; ", wrong))
              .withNote(
                  declared.span(),
                  declared.text().isEmpty() ? "the declared result" : "declared here"));
    }
    return out;
  }

  private String origin(Expr e) {
    if (e instanceof Expr.Name n && free.containsKey(n.name())) {
      return "`" + n.name() + "`";
    }
    return Dim.of(0, e, scope).origin();
  }

  /** The result as declared. */
  Value results(FunctionDecl d, Value result) {
    if (d.results().isEmpty() || result instanceof Value.Poison) {
      return result;
    }
    if (!d.tuple()) {
      return result(d, d.results().getFirst(), result);
    }
    if (!(result instanceof Value.Items l) || l.values().size() != d.results().size()) {
      throw new Fault(
          Diagnostic.of(
                  Code.TYPE_MISMATCH,
                  d.name().span(),
                  "the result of " + what + " is not what it declares")
              .withFound(
                  result instanceof Value.Items l
                      ? l.values().size() + " values"
                      : Value.kind(result))
              .withExpected(d.results().size() + " values"));
    }
    List<Value> out = new ArrayList<>();
    for (int i = 0; i < l.values().size(); i++) {
      out.add(result(d, d.results().get(i), l.values().get(i)));
    }
    return new Value.Items(true, out);
  }

  private Value result(FunctionDecl d, TypeExpr type, Value v) {
    if (v instanceof Value.Poison) {
      return v;
    }
    return switch (type) {
      case TypeExpr.Named n ->
          eval.coercion.coerce(
              v,
              new Param(new Ident("the result", n.span()), n, Optional.empty()),
              Optional.empty(),
              d.name().span(),
              scope);
      case TypeExpr.Tensor t -> {
        DType dtype = Elements.type(t);
        Value.Tensor x = eval.tensors.tensor(v, dtype, d.name().span());
        if (x.dtype() != dtype) {
          throw new Fault(
              Diagnostic.of(
                      Code.DTYPE_MISMATCH,
                      t.span(),
                      "the result of " + what + " has other elements")
                  .withFound(x.dtype().keyword())
                  .withExpected(dtype.keyword()));
        }
        if (t.leading() ? x.rank() < t.dims().size() : x.rank() != t.dims().size()) {
          throw new Fault(
              Diagnostic.of(
                      Code.RANK_MISMATCH,
                      t.span(),
                      "the result of " + what + " has " + dimensions(t.leading(), t.dims().size()))
                  .withFound(in.dimensions.show(x)));
        }
        int lead = x.rank() - t.dims().size();
        for (int i = 0; i < t.dims().size(); i++) {
          bindFree(t.dims().get(i), x.dims().get(lead + i));
        }
        List<Dim> dims = fit(t, x, t.span(), "the result of " + what, new Ident("", t.span()));
        yield new Value.Tensor(x.id(), x.dtype(), dims);
      }
    };
  }
}
