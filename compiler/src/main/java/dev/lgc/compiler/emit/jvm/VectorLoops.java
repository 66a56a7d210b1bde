package dev.lgc.compiler.emit.jvm;

import static java.lang.constant.ConstantDescs.CD_long;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.dsl.type.DType;
import java.lang.constant.MethodTypeDesc;

/**
 * Loops whose vectors run along an axis: several vectors at a time, then single ones, then a masked
 * tail.
 */
final class VectorLoops {
  private final Environment environment;
  private final MethodCode code;
  private final int width;

  VectorLoops(MethodCode code, Environment environment, int width) {
    this.environment = environment;
    this.code = code;
    this.width = width;
  }

  /**
   * The body of a loop over vectors; {@code part} tells neighbouring vectors of an unrolled loop
   * apart.
   */
  interface VectorBody {
    void emit(int part);
  }

  /**
   * Every vector by itself.
   *
   * @param to a variable with the axis's end; null if that is its extent
   * @param unroll vectors of a round
   */
  void each(Axis axis, MethodCode.Var to, int unroll, VectorBody body) {
    over(axis, to, unroll, i -> unrolled(axis, i, unroll, body), body);
  }

  /**
   * Several vectors at once, as the first of them, and those that are left by themselves.
   *
   * @param count how many at once
   */
  void together(Axis axis, int count, Runnable several, Runnable single) {
    over(axis, null, count, i -> whole(axis, i, _ -> several.run(), 0), _ -> single.run());
  }

  private void over(
      Axis axis, MethodCode.Var to, int unroll, MethodCode.LoopBody several, VectorBody single) {
    if (to != null) {
      bounded(axis, to, unroll, several, single);
      return;
    }
    int step = unroll * width;
    int unrolled = axis.extent() / step * step;
    int whole = axis.extent() / width * width;
    if (unrolled > 0) {
      code.loop("i" + axis.number(), code.b::iconst_0, null, unrolled, step, several);
    }
    if (whole > unrolled) {
      code.loop(
          "i" + axis.number(),
          () -> code.b.loadConstant(unrolled),
          null,
          whole,
          width,
          i -> whole(axis, i, single, 0));
    }
    int left = axis.extent() - whole;
    if (left > 0) {
      code.open();
      MethodCode.Var mask = mask(code, left, width);
      code.b.loadConstant(whole);
      MethodCode.Var i = code.save("i" + axis.number(), Form.INDEX);
      vector(new Lane(axis, width, left, mask), i, single, unroll - 1);
      code.close();
    }
  }

  /** The same where the end is a variable. */
  private void bounded(
      Axis axis, MethodCode.Var to, int unroll, MethodCode.LoopBody several, VectorBody single) {
    code.open();
    MethodCode.Var unrolled = code.multiple(to, unroll * width);
    MethodCode.Var whole = unroll == 1 ? unrolled : code.multiple(to, width);
    String name = "i" + axis.number();
    code.loop(name, code.b::iconst_0, unrolled, 0, unroll * width, several);
    if (unroll > 1) {
      code.loop(name, () -> code.push(unrolled), whole, 0, width, i -> whole(axis, i, single, 0));
    }
    // The masked tail is a loop of one vector, or of none.
    code.loop(
        name,
        () -> code.push(whole),
        to,
        0,
        width,
        i -> {
          code.push(to);
          code.push(i);
          code.b.isub();
          MethodCode.Var count = code.save("count", Form.INDEX);
          MethodCode.Var mask = mask(code, () -> lowBits(count), width);
          vector(new Lane(axis, width, 0, count, mask), i, single, unroll - 1);
        });
    code.close();
  }

  /** Pushes a long with as many low bits set. */
  private void lowBits(MethodCode.Var count) {
    code.b.lconst_1();
    code.push(count);
    code.b.lshl();
    code.b.lconst_1();
    code.b.lsub();
  }

  private void unrolled(Axis axis, MethodCode.Var i, int unroll, VectorBody body) {
    for (int part = 0; part < unroll; part++) {
      whole(axis, shifted(i, part * width), body, part);
    }
  }

  private void whole(Axis axis, MethodCode.Var i, VectorBody body, int part) {
    vector(new Lane(axis, width, width, null), i, body, part);
  }

  private MethodCode.Var shifted(MethodCode.Var i, int by) {
    if (by == 0) {
      return i;
    }
    code.push(i);
    code.b.loadConstant(by);
    code.b.iadd();
    return code.save("i", Form.INDEX);
  }

  private void vector(Lane lane, MethodCode.Var i, VectorBody body, int part) {
    environment.open();
    environment.bind(lane.axis(), i);
    environment.enter(lane);
    body.emit(part);
    environment.enter(null);
    environment.unbind(lane.axis());
    environment.close();
  }

  /** A mask of the first lanes. */
  static MethodCode.Var mask(MethodCode code, int active, int width) {
    return mask(code, () -> code.b.loadConstant(Lane.first(active)), width);
  }

  private static MethodCode.Var mask(MethodCode code, Runnable bits, int width) {
    JvmTypes.species(code.b, JvmTypes.INT_VECTOR, width);
    bits.run();
    code.b.invokestatic(
        JvmTypes.MASK, "fromLong", MethodTypeDesc.of(JvmTypes.MASK, JvmTypes.SPECIES, CD_long));
    return code.save("mask", Form.lanes(DType.BOOL));
  }
}
