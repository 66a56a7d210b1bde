package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.Expr;
import dev.lgc.dsl.ast.Stmt;
import dev.lgc.dsl.ast.TypeExpr;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.model.Storage;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.List;

/** Declarations of parameters and buffers to storage: shape, elements, first value, role. */
final class Parameters {
  private final Elaboration in;

  Parameters(Elaboration in) {
    this.in = in;
  }

  /** The parameter or buffer that a statement declares in an instance. */
  Value declare(Stmt.Store t, Scope scope, Instance i) {
    if (!(t.type() instanceof TypeExpr.Tensor type)) {
      throw new Fault(
          Diagnostic.of(Code.TYPE_MISMATCH, t.type().span(), "a parameter is a tensor")
              .withFound(t.type().span().text())
              .withExpected("a shape such as [dim]"));
    }
    if (type.leading()) {
      throw new Fault(
          Diagnostic.of(
              Code.INVALID_SIZE, type.span(), "every dimension of a parameter must be known"));
    }
    DType dtype = Signature.element(type);
    List<Integer> dims = new ArrayList<>();
    for (Expr e : type.dims()) {
      int size = in.tensors.size(in.eval.integer(e, scope), e.span());
      if (size == 0) {
        throw new Fault(
            Diagnostic.of(Code.INVALID_SIZE, e.span(), "a parameter cannot be empty")
                .withFound("0"));
      }
      dims.add(size);
    }
    in.dimensions.countable(dtype, dims.stream().map(Dim::of).toList(), type.span());
    Storage.Init init = new Storage.Init.Constant(0);
    if (t.init().isPresent()) {
      Value v = in.eval.eval(t.init().get(), scope);
      init =
          switch (v) {
            case Value.Init x -> x.init();
            case Value.Int x -> new Storage.Init.Constant(x.value());
            case Value.Real x -> new Storage.Init.Constant(x.value());
            case Value.Bool x -> new Storage.Init.Constant(x.value() ? 1 : 0);
            case Value.Poison _ -> throw Fault.silent();
            default ->
                throw new Fault(
                    Diagnostic.of(
                            Code.TYPE_MISMATCH,
                            t.init().get().span(),
                            "this is not an initial value")
                        .withFound(Value.kind(v))
                        .withExpected("zeros, ones, constant(c), normal(std), uniform(bound), …"));
          };
      init = Elements.fit(init, dtype, t.init().get().span());
    } else if (!t.buffer()) {
      throw new Fault(
          Diagnostic.of(
                  Code.MISSING_ARGUMENT, t.name().span(), "a parameter needs an initial value")
              .withHint("add `= zeros`, `= normal(0.02)` or another"));
    }
    if (!t.buffer() && dtype != DType.F32) {
      throw new Fault(
          Diagnostic.of(Code.DTYPE_MISMATCH, type.span(), "parameters are floats")
              .withFound(dtype.keyword()));
    }
    Storage.Role role =
        i.frozen()
            ? Storage.Role.FROZEN
            : t.buffer() ? Storage.Role.BUFFER : Storage.Role.PARAMETER;
    String path = i.path().child(t.name().text()).toString();
    Storage s =
        new Storage(
            path, role, new TensorType(dtype, new Shape(dims)), init, t.name().span().place());
    in.storage.put(path, s);
    return new Value.Stored(s);
  }
}
