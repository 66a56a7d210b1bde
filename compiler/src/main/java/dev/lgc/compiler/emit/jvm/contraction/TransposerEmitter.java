package dev.lgc.compiler.emit.jvm.contraction;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Writes {@link Transposer} classes: loads a vector of steps for each position, exchanges lanes
 * between vectors at distances 1, 2, 4 and so on, and stores a vector of positions for each step.
 */
final class TransposerEmitter {
  private static final ClassDesc SELF = VectorCode.here("EmittedTransposer");
  private static final ClassDesc EXCHANGE = VectorCode.here("Exchange");
  private static final MethodTypeDesc TYPE =
      VectorCode.method(CD_long, CD_long, CD_int, CD_long, CD_long);

  private static final ConcurrentHashMap<Integer, Transposer> MADE = new ConcurrentHashMap<>();

  // Locals: this and the parameters, then what follows.
  private static final int SOURCE = 1;
  private static final int POSITIONS = 3;
  private static final int STEPS = 5;
  private static final int TO = 6;
  private static final int TO_STEP = 8;
  private static final int LIVE = 10;
  private static final int VECTORS = 11;

  private final CodeBuilder c;
  private final VectorCode v;
  private final int lanes;

  private TransposerEmitter(CodeBuilder c, int lanes) {
    this.c = c;
    this.lanes = lanes;
    v = new VectorCode(c, lanes);
  }

  /** The transposer for vectors of some lanes, made once. */
  static Transposer of(int lanes) {
    return MADE.computeIfAbsent(lanes, l -> VectorCode.instance(emit(l), Transposer.class));
  }

  private static byte[] emit(int lanes) {
    return ClassFile.of()
        .build(
            SELF,
            cb -> {
              VectorCode.constructor(cb);
              cb.withInterfaceSymbols(VectorCode.here("Transposer"));
              for (int d = 1; d < lanes; d *= 2) {
                int flags = ClassFile.ACC_STATIC | ClassFile.ACC_FINAL;
                cb.withField("SWAP" + d, VectorCode.SHUFFLE, flags);
                cb.withField("UPPER" + d, VectorCode.MASK, flags);
                cb.withField("LOWER" + d, VectorCode.MASK, flags);
              }
              cb.withMethodBody(
                  ConstantDescs.CLASS_INIT_NAME,
                  ConstantDescs.MTD_void,
                  ClassFile.ACC_STATIC,
                  c -> new TransposerEmitter(c, lanes).constants());
              cb.withMethodBody(
                  "block", TYPE, ClassFile.ACC_PUBLIC, c -> new TransposerEmitter(c, lanes).body());
            });
  }

  private void constants() {
    for (int d = 1; d < lanes; d *= 2) {
      constant("swap", "SWAP" + d, VectorCode.SHUFFLE, d);
      constant("upper", "UPPER" + d, VectorCode.MASK, d);
      constant("lower", "LOWER" + d, VectorCode.MASK, d);
    }
    c.return_();
  }

  private void constant(String method, String field, ClassDesc type, int distance) {
    v.floats().loadConstant(distance);
    c.invokestatic(EXCHANGE, method, MethodTypeDesc.of(type, VectorCode.SPECIES, CD_int));
    c.putstatic(SELF, field, type);
  }

  private void body() {
    v.inRange(c::iconst_0, () -> c.iload(STEPS));
    c.astore(LIVE);
    for (int i = 0; i < lanes; i++) {
      load(i);
    }
    for (int d = 1; d < lanes; d *= 2) {
      for (int i = 0; i < lanes; i++) {
        if ((i & d) == 0) {
          exchange(VECTORS + i, VECTORS + i + d, d);
        }
      }
    }
    Label done = c.newLabel();
    for (int k = 0; k < lanes; k++) {
      if (k > 0) {
        c.iload(STEPS).loadConstant(k).if_icmple(done);
      }
      c.aload(VECTORS + k);
      v.store(() -> c.lload(TO));
      c.lload(TO).lload(TO_STEP).ladd().lstore(TO);
    }
    c.labelBinding(done).return_();
  }

  /** The steps of one position. */
  private void load(int position) {
    v.load(
        () -> {
          c.lload(SOURCE);
          v.loadInt(() -> c.lload(POSITIONS).loadConstant(4L * position).ladd());
          c.i2l().loadConstant(4L).lmul().ladd();
        },
        () -> c.aload(LIVE));
    c.astore(VECTORS + position);
  }

  /**
   * Exchanges the upper lanes of each pair at a distance with the lower ones of the other vector.
   */
  private void exchange(int a, int b, int distance) {
    c.aload(a).aload(b);
    swap(distance);
    c.getstatic(SELF, "UPPER" + distance, VectorCode.MASK);
    v.blend();
    c.aload(b).aload(a);
    swap(distance);
    c.getstatic(SELF, "LOWER" + distance, VectorCode.MASK);
    v.blend();
    c.astore(b).astore(a);
  }

  private void swap(int distance) {
    c.getstatic(SELF, "SWAP" + distance, VectorCode.SHUFFLE);
    v.rearrange();
  }
}
