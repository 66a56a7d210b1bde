package dev.lgc.compiler.emit.jvm;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import dev.lgc.compiler.kernel.Interval;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.MethodTypeDesc;

/**
 * Checks that what is read or written at an index that depends on data lies in its buffer.
 *
 * <pre>
 * x[t[i]]   →  at = x + 4 t[i]
 *              if (at - x &lt; 0 || at - x &gt;= bytes of x) throw KernelSupport.fault(…)
 *              load(at)
 * </pre>
 */
final class BoundsChecks {
  private final KernelMethod method;
  private final MethodCode code;
  private final CodeBuilder b;

  BoundsChecks(KernelMethod method) {
    this.method = method;
    this.code = method.code;
    this.b = code.b;
  }

  /**
   * Throws an {@link IndexFault} unless the elements from the address on are in the buffer. Only
   * where the index depends on data: others are known to be right.
   *
   * @param lane whose lanes that count are as many neighbouring elements; null for one element
   */
  void check(Addresses.Place place, MethodCode.Var at, Lane lane) {
    if (lane == null || lane.count() == null) {
      check(place, at, 0, lane == null ? 0 : lane.active() - 1);
    } else {
      check(
          place,
          at,
          0,
          () -> {
            b.loadConstant((long) place.elementBytes());
            method.pushScaled(() -> code.push(lane.count()), place.elementBytes());
            b.lsub();
          });
    }
  }

  /**
   * The same for the elements from {@code first} to {@code last}, counted from the one at the
   * address.
   */
  void check(Addresses.Place place, MethodCode.Var at, long first, long last) {
    check(place, at, first, () -> b.loadConstant(-last * place.elementBytes()));
  }

  /**
   * @param end pushes the last element's distance in bytes, negative
   */
  private void check(Addresses.Place place, MethodCode.Var at, long first, Runnable end) {
    if (place.region() < 0 || !place.isDynamic()) {
      return;
    }
    long elements = method.kernel.buffers().get(place.region()).elements();
    if (Interval.of(place.index()).isWithin(elements)) {
      // CHECK_INDEX has seen to it.
      return;
    }
    long bytes = elements * place.elementBytes();
    code.open();
    code.push(at);
    method.pushBase(place.region());
    b.lsub();
    MethodCode.Var offset = code.saveLong("offset");
    Label fault = b.newLabel();
    Label fine = b.newLabel();
    code.push(offset);
    b.loadConstant(-first * place.elementBytes());
    b.lcmp();
    b.iflt(fault);
    code.push(offset);
    b.loadConstant(bytes);
    end.run();
    b.ladd();
    b.lcmp();
    b.iflt(fine);
    b.labelBinding(fault);
    b.loadConstant(place.region());
    code.push(offset);
    b.loadConstant(bytes);
    b.loadConstant(place.elementBytes());
    b.invokestatic(
        JvmTypes.SUPPORT,
        "fault",
        MethodTypeDesc.of(
            IndexFault.class.describeConstable().orElseThrow(), CD_int, CD_long, CD_long, CD_int));
    b.athrow();
    b.labelBinding(fine);
    code.close();
  }
}
