package dev.lgc.dsl.check;

import static dev.lgc.dsl.check.LanguageFunction.function;

import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Intrinsic;
import java.util.List;
import java.util.Map;

/** Functions of windows of pictures {@code x[b, c, h, w]}: convolution and pooling. */
final class WindowFunctions {
  private static final int MOST_PADDING = 1 << 20;

  static final FunctionFamily FAMILY =
      FunctionFamily.of(
          "Windows",
          "For pictures `x[b, c, h, w]`.",
          WindowFunctions::value,
          function(
              "conv2d(x, w, stride: 1, padding: 0)",
              "convolution of `x[b, i, h, w]` with `w[o, i, kh, kw]`; `padding` is one size or"
                  + " `[top, bottom, left, right]`"),
          function(
              "max_pool2d(x, kernel, stride: kernel, padding: 0)",
              "the largest element of each window, padding ignored"),
          function(
              "avg_pool2d(x, kernel, stride: kernel, padding: 0)",
              "the mean of each window, padding ignored"));

  private WindowFunctions() {}

  private static Value value(Operands o) {
    return switch (o.name()) {
      case "conv2d" -> conv2d(o);
      case "max_pool2d" -> pool(o, Intrinsic.MAX_POOL2D);
      case "avg_pool2d" -> pool(o, Intrinsic.AVG_POOL2D);
      default -> throw o.unknown();
    };
  }

  private static Value conv2d(Operands o) {
    Value.Tensor x = o.ranked("x", DType.F32, 4);
    Value.Tensor w = o.ranked("w", DType.F32, 4);
    ContractionFunctions.mismatch(
        o, x.dims().get(1), w.dims().get(1), "the channels of `x` and of `w`");
    int stride = o.atLeast("stride", 1);
    List<Long> padding;
    if (o.has("padding") && o.value("padding") instanceof Value.Items) {
      padding = o.integers("padding");
    } else {
      long p = o.integer("padding");
      padding = List.of(p, p, p, p);
    }
    if (padding.size() != 4 || padding.stream().anyMatch(p -> p < 0 || p > MOST_PADDING)) {
      throw new Fault(
          Diagnostic.of(
                  Code.INVALID_ARGUMENT,
                  o.at("padding"),
                  "padding is one size or [top, bottom, left, right], each from 0 to "
                      + MOST_PADDING)
              .withFound(padding.toString()));
    }
    Dim h = window(o, x, 2, w.dims().get(2).size(), stride, padding.get(0) + padding.get(1));
    Dim v = window(o, x, 3, w.dims().get(3).size(), stride, padding.get(2) + padding.get(3));
    return o.tensors()
        .emit(
            Intrinsic.CONV2D,
            List.of(x, w),
            Map.of("stride", stride, "padding", padding.stream().map(Long::intValue).toList()),
            DType.F32,
            List.of(x.dims().get(0), w.dims().get(0), h, v),
            o.at());
  }

  private static Dim window(
      Operands o, Value.Tensor x, int axis, int kernel, int stride, long padding) {
    Dim d = x.dims().get(axis);
    long room = d.size() + padding - kernel;
    if (room < 0) {
      throw new Fault(
          Diagnostic.of(Code.INVALID_SIZE, o.at(), "the window is larger than the picture")
              .withFound(o.show(x) + " with padding " + padding + ", axis " + axis)
              .withExpected("at least " + kernel));
    }
    int out = o.tensors().size(room / stride + 1, o.at());
    return out == d.size() ? d : Dim.of(out);
  }

  private static Value pool(Operands o, Intrinsic op) {
    Value.Tensor x = o.ranked("x", DType.F32, 4);
    int kernel = o.atLeast("kernel", 1);
    int stride = o.atLeast("stride", 1);
    int padding = o.atLeast("padding", 0);
    if (padding > MOST_PADDING) {
      throw new Fault(
          Diagnostic.of(
                  Code.INVALID_ARGUMENT, o.at("padding"), "padding is at most " + MOST_PADDING)
              .withFound(Integer.toString(padding)));
    }
    Dim h = window(o, x, 2, kernel, stride, 2L * padding);
    Dim w = window(o, x, 3, kernel, stride, 2L * padding);
    return o.tensors()
        .emit(
            op,
            List.of(x),
            Map.of("kernel", kernel, "stride", stride, "padding", padding),
            DType.F32,
            List.of(x.dims().get(0), x.dims().get(1), h, w),
            o.at());
  }
}
