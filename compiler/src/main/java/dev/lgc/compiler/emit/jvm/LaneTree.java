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
 * Joins the lanes of vectors, each with the one half a vector away, then a quarter, down to its
 * neighbour: always this tree ({@code reduceLanes} says nothing of its order). Two vectors become
 * one in as many instructions as it takes to fold one:
 *
 * <pre>
 * a0 a1 a2 a3   →  a0 a1 b2 b3  +  b0 b1 a2 a3 turned by half  =  a0+a2 a1+a3 b2+b0 b3+b1
 * b0 b1 b2 b3
 * </pre>
 */
final class LaneTree {
  private final Evaluator values;
  private final Code code;
  private final CodeBuilder b;
  private final int width;
  private final Function function;
  private final DType type;
  private final ClassDesc vector;

  /**
   * @param type F32 or I32
   */
  LaneTree(Evaluator values, int width, Function function, DType type) {
    this.values = values;
    this.code = values.code;
    this.b = code.b;
    this.width = width;
    this.function = function;
    this.type = type;
    this.vector = VectorFunctions.vector(type);
  }

  /** Pushes what the lanes of a vector give together. */
  void pushElement(Code.Var x) {
    code.push(fold(x, width));
    b.iconst_0();
    b.invokevirtual(
        vector, "lane", MethodTypeDesc.of(type == DType.F32 ? CD_float : CD_int, CD_int));
  }

  /**
   * Pushes a vector whose first lanes are what each of some vectors gives.
   *
   * @param all a power of two of them, a vector has lanes for all
   */
  void pushElements(List<Code.Var> all) {
    List<Code.Var> left = all;
    int half = width / 2;
    for (; left.size() > 1; half /= 2) {
      List<Code.Var> next = new ArrayList<>();
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
  private Code.Var fold(Code.Var x, int block) {
    Code.Var joined = x;
    for (int half = block / 2; half >= 1; half /= 2) {
      Code.Var old = joined;
      int by = half;
      joined = joined(() -> code.push(old), () -> turned(() -> code.push(old), by));
    }
    return joined;
  }

  /** The lower halves of blocks are of the first vector, the upper ones of the second. */
  private Code.Var pair(Code.Var x, Code.Var y, int half) {
    long upper = 0;
    for (int l = 0; l < width; l++) {
      upper |= (long) (l / half % 2) << l;
    }
    long bits = upper;
    return joined(() -> mixed(x, y, bits), () -> turned(() -> mixed(y, x, bits), half));
  }

  private Code.Var joined(Runnable x, Runnable y) {
    values.vectors().apply(function, type, type, List.of(x, y));
    return code.save("joined", Form.lanes(type));
  }

  private void mixed(Code.Var x, Code.Var y, long bits) {
    code.push(x);
    code.push(y);
    values.vectors().mask(bits);
    values.vectors().blend(type);
  }

  /** Exchanges the halves of blocks. */
  private void turned(Runnable x, int half) {
    x.run();
    rearrange(l -> l ^ half);
  }

  /** The vector on the stack in another order: by lane, the lane whose element it gets. */
  private void rearrange(IntUnaryOperator from) {
    values.constants().rearrange(b, vector, IntStream.range(0, width).map(from).boxed().toList());
  }
}
