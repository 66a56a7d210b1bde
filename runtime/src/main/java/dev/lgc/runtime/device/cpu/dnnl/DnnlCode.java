package dev.lgc.runtime.device.cpu.dnnl;

import dev.lgc.compiler.emit.jvm.KernelCode;
import dev.lgc.compiler.emit.jvm.Launch;
import java.lang.ref.Cleaner;
import java.util.ArrayList;
import java.util.List;

/**
 * A kernel as calls of oneDNN: a unit is a part, and each is computed by one thread. Where parts
 * compute partial sums, a second phase adds them in their order.
 */
final class DnnlCode implements KernelCode {
  private static final Cleaner CLEANER = Cleaner.create();

  private final Part[] parts;
  private final Launch launch;
  private final PartialSums sums;
  private final Again again;

  private DnnlCode(Part[] parts, Launch launch, PartialSums sums, Again again) {
    this.parts = parts;
    this.launch = launch;
    this.sums = sums;
    this.again = again;
  }

  /** Makes the same once more. */
  private interface Again {
    DnnlCode make() throws Dnnl.Refused;
  }

  /** Makes a part. */
  interface Maker {
    void make(Natives natives, Part.Builder part, int number) throws Dnnl.Refused;
  }

  /**
   * Makes the code.
   *
   * @param sums what to do with the parts' results, or null if they are the kernel's
   * @param flops of the kernel
   */
  static DnnlCode of(Dnnl dnnl, int count, Maker maker, PartialSums sums, long flops)
      throws Dnnl.Refused {
    Natives natives = new Natives(dnnl);
    boolean done = false;
    try {
      List<Part> parts = new ArrayList<>();
      long scratch = 0;
      for (int i = 0; i < count; i++) {
        Part.Builder b = new Part.Builder(natives);
        maker.make(natives, b, i);
        parts.add(b.build());
        scratch = Math.max(scratch, b.scratchBytes());
      }
      Launch launch = launch(count, sums, scratch, flops);
      Again again = () -> of(dnnl, count, maker, sums, flops);
      DnnlCode code = new DnnlCode(parts.toArray(Part[]::new), launch, sums, again);
      CLEANER.register(code, natives);
      done = true;
      return code;
    } finally {
      if (!done) {
        natives.run();
      }
    }
  }

  /**
   * The launch of parts.
   *
   * @param scratch bytes for each thread
   */
  static Launch launch(int parts, PartialSums sums, long scratch, long flops) {
    List<Long> units = new ArrayList<>(List.of((long) parts));
    if (sums != null) {
      units.add(sums.units());
    }
    return new Launch(units, sums == null ? 0 : sums.bytes(), scratch, Math.max(1, flops / 32));
  }

  Launch launch() {
    return launch;
  }

  int parts() {
    return parts.length;
  }

  @Override
  public KernelCode copy() {
    try {
      return again.make();
    } catch (Dnnl.Refused e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void run(int phase, long[] buffers, long shared, long scratch, long from, long to) {
    if (phase == 1) {
      sums.add(buffers, shared, from, to);
      return;
    }
    for (int i = (int) from; i < to; i++) {
      parts[i].run(buffers, shared, scratch);
    }
  }
}
