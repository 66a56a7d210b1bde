package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.Stmt;
import dev.lgc.dsl.ast.TypeExpr;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.model.Storage;
import dev.lgc.dsl.source.Span;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.List;
import java.util.Optional;

/**
 * Elaborates declarations of parameters and buffers to storage: shape, elements, initial value,
 * role.
 */
final class Parameters {
  private final Elaboration in;

  Parameters(Elaboration in) {
    this.in = in;
  }

  /** The type that a statement declares, whose dimensions are all written. */
  static TypeExpr.Tensor declared(Stmt.Store t) {
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
    return type;
  }

  /** The size of a dimension. */
  static int size(int size, Span at) {
    if (size == 0) {
      throw new Fault(
          Diagnostic.of(Code.INVALID_SIZE, at, "a parameter cannot be empty").withFound("0"));
    }
    return size;
  }

  /** The type of that many elements, if they can be counted. */
  TensorType type(DType dtype, List<Integer> dims, Span at) {
    in.dimensions.countable(dtype, dims.stream().map(Dim::of).toList(), at);
    return new TensorType(dtype, new Shape(dims));
  }

  /** The parameter or buffer that a statement declares in an instance. */
  Value declare(Stmt.Store t, TensorType type, Optional<Value> first, Instance i) {
    Storage.Init init = new Storage.Init.Constant(0);
    if (first.isPresent()) {
      Span at = t.init().orElseThrow().span();
      Value v = first.get();
      init =
          switch (v) {
            case Value.Init x -> x.init();
            case Value.Int x -> new Storage.Init.Constant(x.value());
            case Value.Real x -> new Storage.Init.Constant(x.value());
            case Value.Bool x -> new Storage.Init.Constant(x.value() ? 1 : 0);
            case Value.Poison _ -> throw Fault.silent();
            default ->
                throw new Fault(
                    Diagnostic.of(Code.TYPE_MISMATCH, at, "this is not an initial value")
                        .withFound(Value.kind(v))
                        .withExpected("zeros, ones, constant(c), normal(std), uniform(bound), …"));
          };
      init = Elements.fit(init, type.dtype(), at);
    } else if (!t.buffer()) {
      throw new Fault(
          Diagnostic.of(
                  Code.MISSING_ARGUMENT, t.name().span(), "a parameter needs an initial value")
              .withHint("add `= zeros`, `= normal(0.02)` or another"));
    }
    if (!t.buffer() && type.dtype() != DType.F32) {
      throw new Fault(
          Diagnostic.of(Code.DTYPE_MISMATCH, t.type().span(), "parameters are floats")
              .withFound(type.dtype().keyword()));
    }
    Storage.Role role =
        i.frozen()
            ? Storage.Role.FROZEN
            : t.buffer() ? Storage.Role.BUFFER : Storage.Role.PARAMETER;
    String path = i.path().child(t.name().text()).toString();
    Storage s = new Storage(path, role, type, init, t.name().span().place());
    in.storage.put(path, s);
    return new Value.Stored(s);
  }
}
