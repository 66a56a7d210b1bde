package dev.lgc.compiler.emit.tornado;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import dev.lgc.compiler.algorithm.Philox;
import java.lang.classfile.CodeBuilder;
import java.util.ArrayList;
import java.util.List;

/**
 * {@link Philox} as the body of a method. Products of 32 by 32 bits are made in longs; shifts are
 * masked, for TornadoVM takes {@code >>>} for {@code >>}.
 */
final class RandomMethod {
  private static final long LOW = 0xFFFFFFFFL;

  private final DeviceCode code;
  private final CodeBuilder b;

  RandomMethod(DeviceCode code) {
    this.code = code;
    this.b = code.b;
  }

  void write() {
    DeviceCode.Var[] key = new DeviceCode.Var[4];
    for (int i = 0; i < 4; i++) {
      key[i] = code.parameter("key" + i, CD_int);
    }
    DeviceCode.Var stream = code.parameter("stream", CD_int);
    DeviceCode.Var index = code.parameter("index", CD_int);
    code.push(index);
    b.iconst_2();
    b.ishr();
    DeviceCode.Var[] x = {
      code.saveInt("x0"), copy(stream, "x1"), copy(key[2], "x2"), copy(key[3], "x3")
    };
    for (int round = 0; round < Philox.ROUNDS; round++) {
      round(x, key, round);
    }
    code.push(index);
    b.iconst_3();
    b.iand();
    DeviceCode.Var which = code.saveInt("which");
    pick(x, which, 0);
    // 24 bits as a float in [0, 1).
    b.loadConstant(8);
    b.ishr();
    b.loadConstant(0xFFFFFF);
    b.iand();
    b.i2f();
    b.loadConstant(0x1p-24f);
    b.fmul();
    b.freturn();
  }

  private DeviceCode.Var copy(DeviceCode.Var v, String name) {
    code.push(v);
    return code.saveInt(name);
  }

  private void pick(DeviceCode.Var[] x, DeviceCode.Var which, int from) {
    if (from == 3) {
      code.push(x[3]);
      return;
    }
    Functions functions = new Functions(code);
    code.either(
        () ->
            functions.compare(
                dev.lgc.compiler.algorithm.Function.EQ,
                dev.lgc.dsl.type.DType.I32,
                () -> code.push(which),
                () -> b.loadConstant(from)),
        () -> code.push(x[from]),
        () -> pick(x, which, from + 1));
  }

  private void round(DeviceCode.Var[] x, DeviceCode.Var[] key, int round) {
    code.open();
    DeviceCode.Var p0 = product(Philox.M0, x[0]);
    DeviceCode.Var p1 = product(Philox.M1, x[2]);
    List<DeviceCode.Var> y = new ArrayList<>();
    high(p1);
    mix(x[1], key[0], Philox.W0 * round);
    y.add(code.saveInt("y0"));
    low(p1);
    y.add(code.saveInt("y1"));
    high(p0);
    mix(x[3], key[1], Philox.W1 * round);
    y.add(code.saveInt("y2"));
    low(p0);
    y.add(code.saveInt("y3"));
    for (int i = 0; i < 4; i++) {
      code.push(y.get(i));
      code.set(x[i]);
    }
    code.close();
  }

  private DeviceCode.Var product(int factor, DeviceCode.Var x) {
    b.loadConstant(factor & LOW);
    code.push(x);
    b.i2l();
    b.loadConstant(LOW);
    b.land();
    b.lmul();
    return code.save("product", CD_long);
  }

  private void high(DeviceCode.Var product) {
    code.push(product);
    b.loadConstant(32);
    b.lshr();
    b.l2i();
  }

  private void low(DeviceCode.Var product) {
    code.push(product);
    b.l2i();
  }

  private void mix(DeviceCode.Var x, DeviceCode.Var key, int step) {
    code.push(x);
    b.ixor();
    code.push(key);
    b.loadConstant(step);
    b.iadd();
    b.ixor();
  }
}
