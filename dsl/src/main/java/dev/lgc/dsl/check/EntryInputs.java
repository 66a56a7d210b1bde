package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.Expr;
import dev.lgc.dsl.ast.Ident;
import dev.lgc.dsl.ast.TypeExpr;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.source.Span;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The inputs of entries: their dimensions, free ones among them, and their declarations. */
final class EntryInputs {
  private final Evaluator eval;
  private final Elaboration in;
  private boolean roomy;

  EntryInputs(Evaluator eval) {
    this.eval = eval;
    this.in = eval.in;
  }

  /** If true, every free dimension gets a size, so that any forward can be checked. */
  void setRoomy(boolean roomy) {
    this.roomy = roomy;
  }

  /**
   * The input's dimensions; empty if a name that is no batch is free and {@code strict} is not set.
   */
  Optional<List<Dim>> dims(TypeExpr.Tensor t, Scope scope, boolean strict) {
    List<Dim> out = new ArrayList<>();
    if (t.leading()) {
      if (strict) {
        throw new Fault(
            Diagnostic.of(Code.UNBOUND_DIMENSION, t.span(), "an input's dimensions must be named")
                .withFound("*"));
      }
      if (!roomy) {
        return Optional.empty();
      }
      for (String name : List.of("*", "**")) {
        int size = in.dimensions.roomy(name);
        in.dimensions.name(size, "*");
        out.add(Dim.of(size));
      }
    }
    for (Expr e : t.dims()) {
      if (e instanceof Expr.Name n
          && scope.find(n.name()).isEmpty()
          && eval.globals.named(scope.module(), n.name(), n.span()).isEmpty()) {
        if (!strict && !roomy && !in.dimensions.isBatch(n.name())) {
          return Optional.empty();
        }
        int size = dimension(n.name(), n.span());
        scope.declare(new Ident(n.name(), n.span()), Scope.Kind.DIMENSION, new Value.Int(size));
      }
      try {
        out.add(Dim.of(eval.tensors.size(eval.integer(e, scope), e.span()), e, scope));
      } catch (Fault f) {
        if (strict) {
          throw f;
        }
        return Optional.empty();
      }
    }
    return Optional.of(out);
  }

  /** The size of a free dimension. */
  int dimension(String name, Span at) {
    if (roomy) {
      int size = in.dimensions.roomy(name);
      in.dimensions.name(size, name);
      return size;
    }
    int size =
        in.dimensions
            .size(name)
            .orElseThrow(
                () ->
                    new Fault(
                        Diagnostic.of(
                                Code.UNBOUND_DIMENSION,
                                at,
                                "the dimension `" + name + "` has no value")
                            .withHint(
                                "only the batch `b` has a default size; make this a parameter of"
                                    + " the model")));
    if (in.dimensions.isSymbolic()) {
      in.dimensions.name(size, name);
    }
    return size;
  }

  /**
   * Declares an input of an objective or a generator.
   *
   * @param batch the dimension that an input written without dimensions has
   */
  void declare(EntryBuilder e, Ident name, TypeExpr type, Optional<Dim> batch, Scope scope) {
    DType dtype;
    List<Dim> dims;
    if (type instanceof TypeExpr.Tensor t) {
      dtype = Elements.type(t);
      dims = dims(t, scope, true).orElseThrow();
    } else {
      TypeExpr.Named n = (TypeExpr.Named) type;
      dtype =
          Elements.type(
              new TypeExpr.Tensor(
                  Optional.of(new Ident(n.name(), n.span())), false, List.of(), n.span()));
      dims = batch.map(List::of).orElse(List.of());
    }
    scope.declare(name, Scope.Kind.INPUT, e.input(name.text(), dtype, dims, name.span()));
  }
}
