package dev.lgc.compiler.emit.jvm;

import static java.lang.constant.ConstantDescs.CD_long;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.dsl.type.DType;
import java.lang.constant.MethodTypeDesc;

/**
 * Loops whose vectors run along an axis: several vectors at a time, then single ones, then lanes.
 */
final class LaneLoops {
  private final Evaluator values;
  private final Code code;
  private final int width;

  LaneLoops(Evaluator values, int width) {
    this.values = values;
    this.code = values.code;
    this.width = width;
  }

  /**
   * What is done for a vector; {@code part} tells neighbouring vectors of an unrolled loop apart.
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
  void each(Axis axis, Code.Var to, int unroll, VectorBody body) {
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

  private void over(Axis axis, Code.Var to, int unroll, Code.LoopBody several, VectorBody single) {
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
      Code.Var mask = mask(code, left, width);
      code.b.loadConstant(whole);
      Code.Var i = code.save("i" + axis.number(), Form.INDEX);
      vector(new Lane(axis, width, left, mask), i, single, unroll - 1);
      code.close();
    }
  }

  /** The same where the end is a variable. */
  private void bounded(
      Axis axis, Code.Var to, int unroll, Code.LoopBody several, VectorBody single) {
    code.open();
    Code.Var unrolled = code.multiple(to, unroll * width);
    Code.Var whole = unroll == 1 ? unrolled : code.multiple(to, width);
    String name = "i" + axis.number();
    code.loop(name, code.b::iconst_0, unrolled, 0, unroll * width, several);
    if (unroll > 1) {
      code.loop(name, () -> code.push(unrolled), whole, 0, width, i -> whole(axis, i, single, 0));
    }
    // What is left is a loop of one vector, or none.
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
          Code.Var count = code.save("count", Form.INDEX);
          Code.Var mask = mask(code, () -> lowBits(count), width);
          vector(new Lane(axis, width, 0, count, mask), i, single, unroll - 1);
        });
    code.close();
  }

  /** Pushes a long with as many low bits set. */
  private void lowBits(Code.Var count) {
    code.b.lconst_1();
    code.push(count);
    code.b.lshl();
    code.b.lconst_1();
    code.b.lsub();
  }

  private void unrolled(Axis axis, Code.Var i, int unroll, VectorBody body) {
    for (int part = 0; part < unroll; part++) {
      whole(axis, shifted(i, part * width), body, part);
    }
  }

  private void whole(Axis axis, Code.Var i, VectorBody body, int part) {
    vector(new Lane(axis, width, width, null), i, body, part);
  }

  private Code.Var shifted(Code.Var i, int by) {
    if (by == 0) {
      return i;
    }
    code.push(i);
    code.b.loadConstant(by);
    code.b.iadd();
    return code.save("i", Form.INDEX);
  }

  private void vector(Lane lane, Code.Var i, VectorBody body, int part) {
    values.open();
    values.bind(lane.axis(), i);
    values.enter(lane);
    body.emit(part);
    values.enter(null);
    values.unbind(lane.axis());
    values.close();
  }

  /** A mask of the first lanes. */
  static Code.Var mask(Code code, int active, int width) {
    return mask(code, () -> code.b.loadConstant(Lane.first(active)), width);
  }

  private static Code.Var mask(Code code, Runnable bits, int width) {
    VectorFunctions.species(code.b, Names.INT_VECTOR, width);
    bits.run();
    code.b.invokestatic(
        Names.MASK, "fromLong", MethodTypeDesc.of(Names.MASK, Names.SPECIES, CD_long));
    return code.save("mask", Form.lanes(DType.BOOL));
  }
}
