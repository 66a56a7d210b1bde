package dev.lgc.compiler.emit.jvm.contraction;

import dev.lgc.compiler.emit.jvm.KernelCode;
import dev.lgc.compiler.emit.jvm.Launch;
import dev.lgc.compiler.kernel.Buffer;
import dev.lgc.compiler.kernel.product.WidenedKernel;
import java.util.ArrayList;
import java.util.List;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Code that widens some BF16 buffers into shared memory, in a first phase, and then runs other code
 * on what it made of them.
 */
final class WidenedCode implements KernelCode {
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Short> SHORTS =
      VectorSpecies.of(short.class, VectorShape.forBitSize(Math.max(64, INTS.vectorBitSize() / 2)));

  /** Elements of a unit. */
  private static final long UNIT = 16384;

  private final WidenedKernel kernel;
  private final Launch inner;
  private final KernelCode code;

  /** Of each widened buffer: its elements, its first unit, and where in shared memory it goes. */
  private final long[] elements;

  private final long[] units;
  private final long[] offsets;
  private final long own;
  private final Launch launch;

  /**
   * The buffers' addresses for the other code. Threads that run one call write the same numbers
   * here, and there is one call at a time.
   */
  private final long[] wide;

  /**
   * @param inner how the code of the wide kernel wants to be run
   * @param code its code
   */
  WidenedCode(WidenedKernel kernel, Launch inner, KernelCode code) {
    this.kernel = kernel;
    this.inner = inner;
    this.code = code;
    List<Buffer> buffers = kernel.kernel().buffers();
    wide = new long[buffers.size()];
    int n = kernel.buffers().size();
    elements = new long[n];
    units = new long[n + 1];
    offsets = new long[n];
    long at = 0;
    for (int i = 0; i < n; i++) {
      elements[i] = buffers.get(kernel.buffers().get(i)).elements();
      units[i + 1] = units[i] + Math.ceilDiv(elements[i], UNIT);
      offsets[i] = at;
      at += (4 * elements[i] + 63) & -64;
    }
    own = at;
    List<Long> phases = new ArrayList<>(List.of(units[n]));
    phases.addAll(inner.units());
    launch = new Launch(phases, own + inner.sharedBytes(), inner.scratchBytes(), inner.work());
  }

  Launch launch() {
    return launch;
  }

  /** The launch of the code of a wide kernel, before there is any. */
  static Launch launch(WidenedKernel kernel, Launch inner) {
    return new WidenedCode(kernel, inner, (phase, buffers, shared, scratch, from, to) -> {}).launch;
  }

  @Override
  public KernelCode copy() {
    return new WidenedCode(kernel, inner, code.copy());
  }

  @Override
  public void run(int phase, long[] buffers, long shared, long scratch, long from, long to) {
    if (phase > 0) {
      for (int b = 0; b < wide.length; b++) {
        int i = kernel.buffers().indexOf(b);
        wide[b] = i < 0 ? buffers[b] : shared + offsets[i];
      }
      code.run(phase - 1, wide, shared + own, scratch, from, to);
      return;
    }
    for (int i = 0; i < elements.length; i++) {
      long first = Math.max(from, units[i]) - units[i];
      long end = Math.min(to, units[i + 1]) - units[i];
      if (first < end) {
        widen(
            buffers[kernel.buffers().get(i)],
            shared + offsets[i],
            first * UNIT,
            Math.min(elements[i], end * UNIT));
      }
    }
  }

  /**
   * Widens elements {@code from} (inclusive) to {@code to} (exclusive): the upper halves of floats.
   */
  private static void widen(long source, long target, long from, long to) {
    int lanes = INTS.length();
    long whole = from + (to - from) / lanes * lanes;
    for (long i = from; i < whole; i += lanes) {
      ShortVector x =
          ShortVector.fromMemorySegment(SHORTS, Memory.ALL, source + 2 * i, Memory.ORDER);
      shifted(x).intoMemorySegment(Memory.ALL, target + 4 * i, Memory.ORDER);
    }
    VectorMask<Short> live = SHORTS.indexInRange(whole, to);
    if (live.anyTrue()) {
      ShortVector x =
          ShortVector.fromMemorySegment(SHORTS, Memory.ALL, source + 2 * whole, Memory.ORDER, live);
      VectorMask<Integer> some = INTS.indexInRange(whole, to);
      shifted(x).intoMemorySegment(Memory.ALL, target + 4 * whole, Memory.ORDER, some);
    }
  }

  private static IntVector shifted(ShortVector x) {
    return ((IntVector) x.convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0))
        .lanewise(VectorOperators.LSHL, 16);
  }
}
