package dev.lgc.compiler.emit.jvm;

import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;

import dev.lgc.compiler.algorithm.Function;
import dev.lgc.dsl.type.DType;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/**
 * Horizontal reductions of vectors. Each lane is joined with the one half a vector away, then a
 * quarter, down to its neighbour: always this tree ({@code reduceLanes} says nothing of its order).
 * Two vectors become one in as many instructions as it takes to fold one:
 *
 * <pre>
 * a0 a1 a2 a3   →  a0 a1 b2 b3  +  b0 b1 a2 a3 turned by half  =  a0+a2 a1+a3 b2+b0 b3+b1
 * b0 b1 b2 b3
 * </pre>
 */
final class HorizontalReduction {
  private final KernelMethod method;
  private final MethodCode code;
  private final CodeBuilder b;
  private final int width;
  private final Function function;
  private final DType type;
  private final ClassDesc vector;

  /**
   * @param type F32 or I32
   */
  HorizontalReduction(KernelMethod method, int width, Function function, DType type) {
    this.method = method;
    this.code = method.code;
    this.b = code.b;
    this.width = width;
    this.function = function;
    this.type = type;
    this.vector = JvmTypes.vector(type);
  }

  /** Pushes the reduction of a vector's lanes. */
  void pushElement(MethodCode.Var x) {
    code.push(fold(x, width));
    b.iconst_0();
    b.invokevirtual(
        vector, "lane", MethodTypeDesc.of(type == DType.F32 ? CD_float : CD_int, CD_int));
  }

  /**
   * Pushes a vector whose first lanes are the reductions of some vectors.
   *
   * @param all a power of two of them, a vector has lanes for all
   */
  void pushElements(List<MethodCode.Var> all) {
    List<MethodCode.Var> left = all;
    int half = width / 2;
    for (; left.size() > 1; half /= 2) {
      List<MethodCode.Var> next = new ArrayList<>();
      int pairs = left.size() / 2;
      for (int i = 0; i < pairs; i++) {
        next.add(pair(left.get(i), left.get(i + pairs), half));
      }
      left = next;
    }
    code.push(fold(left.getFirst(), 2 * half));
    int distance = 2 * half;
    if (distance > 1) {
      rearrange(l -> l * distance % width);
    }
  }

  /** Joins every block of some lanes; all lanes of a block then have its result. */
  private MethodCode.Var fold(MethodCode.Var x, int block) {
    MethodCode.Var joined = x;
    for (int half = block / 2; half >= 1; half /= 2) {
      MethodCode.Var old = joined;
      int by = half;
      joined = joined(() -> code.push(old), () -> turned(() -> code.push(old), by));
    }
    return joined;
  }

  /** The lower halves of blocks are of the first vector, the upper ones of the second. */
  private MethodCode.Var pair(MethodCode.Var x, MethodCode.Var y, int half) {
    long upper = 0;
    for (int l = 0; l < width; l++) {
      upper |= (long) (l / half % 2) << l;
    }
    long bits = upper;
    return joined(() -> mixed(x, y, bits), () -> turned(() -> mixed(y, x, bits), half));
  }

  private MethodCode.Var joined(Runnable x, Runnable y) {
    method.vectors.apply(function, type, type, List.of(x, y));
    return code.save("joined", Form.lanes(type));
  }

  private void mixed(MethodCode.Var x, MethodCode.Var y, long bits) {
    code.push(x);
    code.push(y);
    method.vectors.mask(bits);
    method.vectors.blend(type);
  }

  /** Exchanges the halves of blocks. */
  private void turned(Runnable x, int half) {
    x.run();
    rearrange(l -> l ^ half);
  }

  /** The vector on the stack in another order: by lane, the lane whose element it gets. */
  private void rearrange(IntUnaryOperator from) {
    method.constants.rearrange(b, vector, IntStream.range(0, width).map(from).boxed().toList());
  }
}
