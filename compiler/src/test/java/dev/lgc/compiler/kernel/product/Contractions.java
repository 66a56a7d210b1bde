package dev.lgc.compiler.kernel.product;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Buffer;
import dev.lgc.compiler.kernel.Expressions;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Contraction kernels as lowering makes them, of any size: to measure and to test a device with.
 */
public final class Contractions {
  private Contractions() {}

  /**
   * A contraction in einsum notation: {@code "bmk,bnk->bmn"}. Buffers are dense, in the order left,
   * right, result.
   *
   * @param extents of the letters
   */
  public static Kernel einsum(String formula, Map<Character, Integer> extents) {
    return einsum(formula, extents, DType.F32);
  }

  /** The same with a right factor of another type, which is converted to F32. */
  public static Kernel einsum(String formula, Map<Character, Integer> extents, DType type) {
    String[] parts = formula.split(",|->");
    Map<Character, Axis> axes = new LinkedHashMap<>();
    for (char letter : (parts[2] + parts[0] + parts[1]).toCharArray()) {
      axes.computeIfAbsent(letter, l -> new Axis(axes.size(), extents.get(l)));
    }
    List<Axis> space = parts[2].chars().mapToObj(l -> axes.get((char) l)).toList();
    List<Axis> reduction = new ArrayList<>(axes.values());
    reduction.removeAll(space);
    Scalar left = new Scalar.Load(0, DType.F32, List.of(dense(parts[0], axes)));
    Scalar right = new Scalar.Load(1, type, List.of(dense(parts[1], axes)));
    return kernel(
        formula,
        type,
        List.of(size(parts[0], axes), size(parts[1], axes), size(parts[2], axes)),
        space,
        reduction,
        left.times(type == DType.F32 ? right : Scalar.apply(Function.TO_F32, right)),
        dense(parts[2], axes));
  }

  /** A contraction whose factors are BF16 instead. */
  public static Kernel ofBf16(Kernel kernel) {
    List<Buffer> buffers = new ArrayList<>(kernel.buffers());
    Stage s = kernel.stages().getFirst();
    List<Scalar> factors = new ArrayList<>();
    for (Scalar factor : s.value().children()) {
      Scalar.Load l = (Scalar.Load) factor;
      Buffer b = buffers.get(l.operand());
      buffers.set(l.operand(), new Buffer(DType.BF16, b.elements(), b.access()));
      factors.add(
          Scalar.apply(
              Function.TO_F32,
              new Scalar.Load(l.operand(), DType.BF16, l.index(), l.guard(), l.otherwise())));
    }
    Scalar value = factors.get(0).times(factors.get(1));
    return new Kernel(
        kernel.name(),
        buffers,
        kernel.space(),
        List.of(new Stage(s.target(), s.axes(), s.reduction(), s.reducer(), value)));
  }

  private static long size(String letters, Map<Character, Axis> axes) {
    return letters.chars().mapToLong(l -> axes.get((char) l).extent()).reduce(1, (x, y) -> x * y);
  }

  private static Scalar dense(String letters, Map<Character, Axis> axes) {
    List<Scalar> positions = new ArrayList<>();
    List<Integer> extents = new ArrayList<>();
    for (char l : letters.toCharArray()) {
      positions.add(Scalar.of(axes.get(l)));
      extents.add(axes.get(l).extent());
    }
    return Expressions.linear(positions, extents);
  }

  private static Kernel kernel(
      String name,
      DType right,
      List<Long> elements,
      List<Axis> space,
      List<Axis> reduction,
      Scalar value,
      Scalar target) {
    return new Kernel(
        name,
        List.of(
            new Buffer(DType.F32, elements.get(0), Buffer.Access.READ),
            new Buffer(right, elements.get(1), Buffer.Access.READ),
            new Buffer(DType.F32, elements.get(2), Buffer.Access.WRITE)),
        space,
        List.of(
            new Stage(
                new Stage.Target.Store(2, target), List.of(), reduction, Reducer.SUM, value)));
  }

  /**
   * A 2-D convolution of an image [batch, in, height, width] by weights [out, in, kernelHeight,
   * kernelWidth].
   *
   * @param top rows of zeros above the image; as many below as the output's size asks for
   * @param left columns of zeros left of the image
   */
  public record Convolution(
      int batch,
      int in,
      int height,
      int width,
      int out,
      int kernelHeight,
      int kernelWidth,
      int stride,
      int top,
      int bottom,
      int left,
      int right) {
    /** A square convolution with equal padding. */
    public static Convolution square(
        int batch, int in, int size, int out, int kernel, int stride, int pad) {
      return new Convolution(
          batch, in, size, size, out, kernel, kernel, stride, pad, pad, pad, pad);
    }

    public int outHeight() {
      return (height + top + bottom - kernelHeight) / stride + 1;
    }

    public int outWidth() {
      return (width + left + right - kernelWidth) / stride + 1;
    }

    private List<Integer> imageShape() {
      return List.of(batch, in, height, width);
    }

    private List<Integer> weightShape() {
      return List.of(out, in, kernelHeight, kernelWidth);
    }

    private List<Integer> resultShape() {
      return List.of(batch, out, outHeight(), outWidth());
    }

    private static List<Axis> axes(int from, List<Integer> extents) {
      List<Axis> axes = new ArrayList<>();
      extents.forEach(e -> axes.add(new Axis(from + axes.size(), e)));
      return axes;
    }

    private static Scalar load(
        int buffer, List<Integer> shape, Optional<Scalar> guard, Scalar... at) {
      return new Scalar.Load(
          buffer, DType.F32, List.of(Expressions.linear(List.of(at), shape)), guard, 0);
    }

    private static Scalar within(Scalar position, int extent) {
      return Scalar.apply(
          Function.AND,
          Scalar.apply(Function.LE, Scalar.i32(0), position),
          Scalar.apply(Function.LT, position, Scalar.i32(extent)));
    }

    private static long product(List<Integer> shape) {
      return shape.stream().mapToLong(Integer::longValue).reduce(1, (x, y) -> x * y);
    }

    /** Result[n, o, y, x] = Σ image · weights. Buffers: image, weights, result. */
    public Kernel forward() {
      List<Axis> s = axes(0, resultShape());
      List<Axis> r = axes(4, List.of(in, kernelHeight, kernelWidth));
      Scalar y = Scalar.of(s.get(2)).times(Scalar.i32(stride)).plus(Scalar.of(r.get(1)));
      Scalar x = Scalar.of(s.get(3)).times(Scalar.i32(stride)).plus(Scalar.of(r.get(2)));
      y = y.minus(Scalar.i32(top));
      x = x.minus(Scalar.i32(left));
      Scalar image =
          load(
              0,
              imageShape(),
              Optional.of(within(y, height, x, width)),
              Scalar.of(s.get(0)),
              Scalar.of(r.get(0)),
              y,
              x);
      Scalar weight =
          load(
              1,
              weightShape(),
              Optional.empty(),
              Scalar.of(s.get(1)),
              Scalar.of(r.get(0)),
              Scalar.of(r.get(1)),
              Scalar.of(r.get(2)));
      return kernel(
          "conv",
          DType.F32,
          List.of(product(imageShape()), product(weightShape()), product(resultShape())),
          s,
          r,
          image.times(weight),
          Expressions.linear(s.stream().map(Scalar::of).toList(), resultShape()));
    }

    /**
     * Image gradient[n, c, y, x] = Σ result gradient · weights. Buffers: result gradient, weights,
     * image gradient.
     */
    public Kernel imageGradient() {
      List<Axis> s = axes(0, imageShape());
      List<Axis> r = axes(4, List.of(out, kernelHeight, kernelWidth));
      Scalar y = Scalar.of(s.get(2)).plus(Scalar.i32(top)).minus(Scalar.of(r.get(1)));
      Scalar x = Scalar.of(s.get(3)).plus(Scalar.i32(left)).minus(Scalar.of(r.get(2)));
      Scalar guard = null;
      if (stride > 1) {
        Scalar k = Scalar.i32(stride);
        guard =
            Scalar.apply(
                Function.AND,
                Scalar.apply(Function.EQ, Scalar.apply(Function.MOD, y, k), Scalar.i32(0)),
                Scalar.apply(Function.EQ, Scalar.apply(Function.MOD, x, k), Scalar.i32(0)));
        y = y.over(k);
        x = x.over(k);
      }
      Scalar inside = within(y, outHeight(), x, outWidth());
      guard = guard == null ? inside : Scalar.apply(Function.AND, guard, inside);
      Scalar gradient =
          load(
              0, resultShape(), Optional.of(guard), Scalar.of(s.get(0)), Scalar.of(r.get(0)), y, x);
      Scalar weight =
          load(
              1,
              weightShape(),
              Optional.empty(),
              Scalar.of(r.get(0)),
              Scalar.of(s.get(1)),
              Scalar.of(r.get(1)),
              Scalar.of(r.get(2)));
      return kernel(
          "conv_image_gradient",
          DType.F32,
          List.of(product(resultShape()), product(weightShape()), product(imageShape())),
          s,
          r,
          gradient.times(weight),
          Expressions.linear(s.stream().map(Scalar::of).toList(), imageShape()));
    }

    /**
     * Weight gradient[o, c, ky, kx] = Σ result gradient · image. Buffers: result gradient, image,
     * weight gradient.
     */
    public Kernel weightGradient() {
      List<Axis> s = axes(0, weightShape());
      List<Axis> r = axes(4, List.of(batch, outHeight(), outWidth()));
      Scalar y = Scalar.of(r.get(1)).times(Scalar.i32(stride)).plus(Scalar.of(s.get(2)));
      Scalar x = Scalar.of(r.get(2)).times(Scalar.i32(stride)).plus(Scalar.of(s.get(3)));
      y = y.minus(Scalar.i32(top));
      x = x.minus(Scalar.i32(left));
      Scalar gradient =
          load(
              0,
              resultShape(),
              Optional.empty(),
              Scalar.of(r.get(0)),
              Scalar.of(s.get(0)),
              Scalar.of(r.get(1)),
              Scalar.of(r.get(2)));
      Scalar image =
          load(
              1,
              imageShape(),
              Optional.of(within(y, height, x, width)),
              Scalar.of(r.get(0)),
              Scalar.of(s.get(1)),
              y,
              x);
      return kernel(
          "conv_weight_gradient",
          DType.F32,
          List.of(product(resultShape()), product(imageShape()), product(weightShape())),
          s,
          r,
          gradient.times(image),
          Expressions.linear(s.stream().map(Scalar::of).toList(), weightShape()));
    }

    private static Scalar within(Scalar y, int height, Scalar x, int width) {
      return Scalar.apply(Function.AND, within(y, height), within(x, width));
    }
  }
}
