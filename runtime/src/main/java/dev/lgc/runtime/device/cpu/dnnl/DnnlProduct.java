package dev.lgc.runtime.device.cpu.dnnl;

import dev.lgc.compiler.emit.jvm.Launch;
import dev.lgc.compiler.kernel.product.MatrixProduct;
import dev.lgc.compiler.kernel.product.StridedTensor;
import dev.lgc.runtime.device.cpu.dnnl.Part.Argument;
import java.util.List;

/**
 * Matrix products by oneDNN, cut along one dimension so that no part repeats much of another's
 * work.
 */
final class DnnlProduct {
  /** As many parts as most machines have cores for; more would make them small. */
  private static final int PARTS = 8;

  /** A part should be worth this much. */
  private static final long PART_FLOPS = 2_000_000;

  private static final int MULTIPLE = 16;

  private final MatrixProduct p;
  private final int dimension;
  private final long extent;
  private final long chunk;

  DnnlProduct(MatrixProduct p) {
    this(p, false);
  }

  /**
   * @param alone whether one thread will run all parts
   */
  DnnlProduct(MatrixProduct p, boolean alone) {
    this.p = p;
    long flops = flops(p);
    dimension = dimension(p);
    extent = p.c().extent(dimension);
    long parts = alone ? 1 : Math.clamp(flops / PART_FLOPS, 1, PARTS);
    long even = (extent + parts - 1) / parts;
    chunk = dimension < p.batch() ? even : (even + MULTIPLE - 1) / MULTIPLE * MULTIPLE;
  }

  static long flops(MatrixProduct p) {
    return 2 * p.c().elements() * p.depth();
  }

  /**
   * Along what to cut: oneDNN copies B, and A where its rows are neighbours, and so parts should
   * not share those.
   */
  private static int dimension(MatrixProduct p) {
    int most = 0;
    for (int d = 1; d < p.batch(); d++) {
      most = parts(p.c().extent(d)) > parts(p.c().extent(most)) ? d : most;
    }
    if (p.batch() > 0 && 2 * parts(p.c().extent(most)) >= PARTS) {
      return most;
    }
    boolean transposed = p.depth() > 1 && p.a().strides().getLast() != 1;
    boolean cutRows = transposed ? p.rows() >= p.columns() / 2 : p.rows() >= 2 * p.columns();
    return p.batch() + (cutRows ? 0 : 1);
  }

  /** Parts of equal size of a batch dimension. */
  private static long parts(long extent) {
    return Math.ceilDiv(extent, Math.ceilDiv(extent, (long) PARTS));
  }

  int parts() {
    return (int) ((extent + chunk - 1) / chunk);
  }

  /** The launch of the code; memory that oneDNN needs for itself is not counted. */
  Launch launch() {
    return DnnlCode.launch(parts(), null, 0, flops(p));
  }

  DnnlCode code(Dnnl dnnl) throws Dnnl.Refused {
    return DnnlCode.of(dnnl, parts(), this::part, null, flops(p));
  }

  /** The three tensors of a part: A, B and C. */
  private List<StridedTensor> tensors(int number) {
    long from = number * chunk;
    long count = Math.min(chunk, extent - from);
    boolean columns = dimension == p.batch() + 1;
    boolean rows = dimension == p.batch();
    return List.of(
        columns ? p.a() : p.a().slice(dimension, from, count),
        rows ? p.b() : p.b().slice(dimension, from, count),
        p.c().slice(dimension, from, count));
  }

  /** Returns true if 32 bits count the elements of each part, as some kernels of oneDNN do. */
  boolean isAddressable() {
    return tensors(0).stream().allMatch(t -> t.reach() <= Integer.MAX_VALUE);
  }

  private void part(Natives natives, Part.Builder part, int number) throws Dnnl.Refused {
    List<StridedTensor> all = tensors(number);
    Part.Memory src = part.tensor(all.get(0));
    Part.Memory weights = part.tensor(all.get(1));
    Part.Memory dst = part.tensor(all.get(2));
    long d = natives.matmul(src.descriptor(), weights.descriptor(), dst.descriptor());
    natives.requireFast(d);
    part.execute(
        d,
        new Argument(Dnnl.SRC, src),
        new Argument(Dnnl.WEIGHTS, weights),
        new Argument(Dnnl.DST, dst));
  }
}
