package dev.lgc.runtime.device.cpu.dnnl;

import dev.lgc.compiler.emit.jvm.Launch;
import dev.lgc.compiler.kernel.product.ImageConvolution;
import dev.lgc.compiler.kernel.product.StridedTensor;
import dev.lgc.dsl.type.DType;
import dev.lgc.runtime.device.cpu.dnnl.Part.Argument;
import dev.lgc.runtime.device.cpu.dnnl.Part.Memory;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Convolutions by oneDNN, in the layouts it likes best: a part copies its image into that layout,
 * which costs less than it saves where the copies stay in a cache. Parts are a few images, or a
 * band of rows of one; gradients of weights are partial sums over such parts. Where there are more
 * weights than pixels, parts are channels of what is computed instead: each copies its own weights,
 * and all of them the same small image.
 */
final class DnnlConvolution {
  /** As many parts as most machines have cores for. */
  private static final int PARTS = 8;

  /** A part should be worth this much. */
  private static final long PART_FLOPS = 4_000_000;

  /** The most elements that a part should copy. */
  private static final long PART_ELEMENTS = 1 << 20;

  /** Rows of a band, at least: the edge rows of its neighbours are copied too. */
  private static final int BAND = 8;

  /** Channels that oneDNN's layouts have as neighbours. */
  private static final int BLOCK = 16;

  /** Channels of a part: a multiple of vectors. */
  private static final int CHANNELS = 32;

  /** The same where a part computes pixels of them: what oneDNN has in registers at once. */
  private static final int OUTPUTS = 64;

  private final ImageConvolution c;
  private final boolean byChannels;

  /** Images, or channels, of a part. */
  private final long chunk;

  private final long chunks;

  /** Rows of a part. */
  private final long band;

  private final long bands;

  DnnlConvolution(ImageConvolution c) {
    this.c = c;
    byChannels = isByChannels(c);
    long wanted = Math.clamp(flops() / PART_FLOPS, 1, PARTS);
    long extent = byChannels ? c.weights().extent(channels(c)) : c.image().extent(0);
    long multiple =
        !byChannels ? 1 : c.kind() == ImageConvolution.Kind.WEIGHT_GRADIENT ? CHANNELS : OUTPUTS;
    chunk = Math.ceilDiv(Math.ceilDiv(extent, wanted), multiple) * multiple;
    chunks = Math.ceilDiv(extent, chunk);
    long rows = banded().extent(2);
    long image = (c.image().elements() + c.result().elements()) / c.image().extent(0) * chunk;
    long most = byChannels ? 1 : Math.max(1, rows / BAND);
    long several = Math.max(Math.ceilDiv(wanted, chunks), Math.ceilDiv(image, PART_ELEMENTS));
    band = Math.ceilDiv(rows, Math.min(several, most));
    bands = Math.ceilDiv(rows, band);
  }

  private static boolean isByChannels(ImageConvolution c) {
    return switch (c.kind()) {
      case WEIGHT_GRADIENT -> !isPartial(c);
      case RESULT -> c.weights().elements() > c.image().elements();
      case IMAGE_GRADIENT -> c.weights().elements() > c.result().elements();
    };
  }

  /** The dimension of the weights that numbers the channels by which parts are cut. */
  private static int channels(ImageConvolution c) {
    return c.kind() == ImageConvolution.Kind.IMAGE_GRADIENT ? 1 : 0;
  }

  /** Returns true if a gradient of weights is a sum of parts over pixels. */
  private static boolean isPartial(ImageConvolution c) {
    return isDense(c.weights()) && 2 * c.weights().elements() < c.image().elements();
  }

  private static boolean isDense(StridedTensor s) {
    long next = 1;
    for (int d = s.extents().size() - 1; d >= 0; d--) {
      if (s.extent(d) > 1 && s.strides().get(d) != next) {
        return false;
      }
      next *= s.extent(d);
    }
    return true;
  }

  private StridedTensor banded() {
    return c.kind() == ImageConvolution.Kind.IMAGE_GRADIENT ? c.image() : c.result();
  }

  /** The name of oneDNN's primitive. */
  String call() {
    return switch (c.kind()) {
      case RESULT -> "convolution";
      case IMAGE_GRADIENT -> "convolution backward data";
      case WEIGHT_GRADIENT -> "convolution backward weights";
    };
  }

  long flops() {
    StridedTensor w = c.weights();
    return 2 * c.result().elements() * w.extent(1) * w.extent(2) * w.extent(3);
  }

  int parts() {
    return Math.toIntExact(chunks * bands);
  }

  /** The launch of the code; memory that oneDNN needs beside copies is not counted. */
  Launch launch() {
    long copies = IntStream.range(0, parts()).mapToLong(i -> copies(part(i))).max().orElseThrow();
    PartialSums sums = sums();
    return DnnlCode.launch(parts(), sums, copies, flops());
  }

  /** Bytes of a part's tensors in the layouts that oneDNN likes best. */
  private static long copies(ImageConvolution part) {
    return blocked(part.image(), 1) + blocked(part.weights(), 0) + blocked(part.result(), 1);
  }

  private static long blocked(StridedTensor s, int channels) {
    long c = s.extent(channels);
    return s.dtype().bytes() * s.elements() / c * Math.ceilDiv(c, BLOCK) * BLOCK;
  }

  /** The parts' results that are added up, or null if they are the kernel's. */
  private PartialSums sums() {
    StridedTensor w = c.weights();
    boolean partial = c.kind() == ImageConvolution.Kind.WEIGHT_GRADIENT && !byChannels;
    return partial && parts() > 1
        ? new PartialSums(w.buffer(), w.offset(), w.elements(), parts())
        : null;
  }

  DnnlCode code(Dnnl dnnl) throws Dnnl.Refused {
    int parts = parts();
    PartialSums sums = sums();
    if (sums == null) {
      return DnnlCode.of(dnnl, parts, (n, b, i) -> make(n, b, part(i)), null, flops());
    }
    return DnnlCode.of(
        dnnl, parts, (n, b, i) -> make(n, b, partial(part(i), sums, i)), sums, flops());
  }

  /** Returns true if 32 bits count the elements of each part, as some kernels of oneDNN do. */
  boolean isAddressable() {
    ImageConvolution part = part(0);
    return Stream.of(part.image(), part.weights(), part.result())
        .allMatch(t -> t.reach() <= Integer.MAX_VALUE);
  }

  /** A part as a convolution of its own. */
  private ImageConvolution part(int number) {
    long from = number / bands * chunk;
    if (byChannels) {
      int dimension = channels(c);
      long count = Math.min(chunk, c.weights().extent(dimension) - from);
      StridedTensor weights = c.weights().slice(dimension, from, count);
      return dimension == 1
          ? with(c.image().slice(1, from, count), weights, c.result(), c.top())
          : with(c.image(), weights, c.result().slice(1, from, count), c.top());
    }
    long count = Math.min(chunk, c.image().extent(0) - from);
    ImageConvolution some =
        with(
            c.image().slice(0, from, count),
            c.weights(),
            c.result().slice(0, from, count),
            c.top());
    long row = number % bands * band;
    long rows = Math.min(band, banded().extent(2) - row);
    return bands == 1
        ? some
        : c.kind() == ImageConvolution.Kind.IMAGE_GRADIENT
            ? imageBand(some, row, rows)
            : band(some, row, rows);
  }

  private ImageConvolution with(
      StridedTensor image, StridedTensor weights, StridedTensor result, long top) {
    return with(c, image, weights, result, top);
  }

  private static ImageConvolution with(
      ImageConvolution c,
      StridedTensor image,
      StridedTensor weights,
      StridedTensor result,
      long top) {
    return new ImageConvolution(
        c.kind(), image, weights, result, c.strideY(), c.strideX(), top, c.left());
  }

  /** Rows of the result, from the rows of the image they see. */
  private static ImageConvolution band(ImageConvolution c, long from, long count) {
    long first = from * c.strideY() - c.top();
    long end = (from + count - 1) * c.strideY() - c.top() + c.weights().extent(2);
    long low = Math.clamp(first, 0, c.image().extent(2) - 1);
    long high = Math.clamp(end, low + 1, c.image().extent(2));
    return with(
        c,
        c.image().slice(2, low, high - low),
        c.weights(),
        c.result().slice(2, from, count),
        low - first);
  }

  /** Rows of the image's gradient, from the rows of the result that saw them. */
  private static ImageConvolution imageBand(ImageConvolution c, long from, long count) {
    long taps = c.weights().extent(2);
    long first = Math.ceilDiv(from + c.top() - taps + 1, c.strideY());
    long end = Math.floorDiv(from + count - 1 + c.top(), c.strideY()) + 1;
    long low = Math.clamp(first, 0, c.result().extent(2) - 1);
    long high = Math.clamp(end, low + 1, c.result().extent(2));
    return with(
        c,
        c.image().slice(2, from, count),
        c.weights(),
        c.result().slice(2, low, high - low),
        from + c.top() - low * c.strideY());
  }

  private static ImageConvolution partial(ImageConvolution part, PartialSums sums, int number) {
    StridedTensor w = part.weights();
    List<Long> dense = new ArrayList<>(w.strides());
    long next = 1;
    for (int d = 3; d >= 0; d--) {
      dense.set(d, next);
      next *= w.extent(d);
    }
    StridedTensor own = new StridedTensor(Part.SHARED, number * sums.pitch(), w.extents(), dense);
    return new ImageConvolution(
        part.kind(),
        part.image(),
        own,
        part.result(),
        part.strideY(),
        part.strideX(),
        part.top(),
        part.left());
  }

  static Natives.Moves moves(ImageConvolution c) {
    return new Natives.Moves(
        new long[] {c.strideY(), c.strideX()},
        new long[] {c.top(), c.left()},
        new long[] {c.bottom(), c.right()});
  }

  /** The forward convolution that a gradient is asked for with: in the type of its factors. */
  private static long hint(Natives n, ImageConvolution c, Natives.Moves moves, DType factors)
      throws Dnnl.Refused {
    return n.forward(
        n.anyDescriptor(c.image().withDType(factors)),
        n.anyDescriptor(c.weights().withDType(factors)),
        n.anyDescriptor(c.result().withDType(factors)),
        moves);
  }

  private static void make(Natives n, Part.Builder part, ImageConvolution c) throws Dnnl.Refused {
    Natives.Moves moves = moves(c);
    long image = n.anyDescriptor(c.image());
    long weights = n.anyDescriptor(c.weights());
    long result = n.anyDescriptor(c.result());
    switch (c.kind()) {
      case RESULT -> {
        long forward = n.forward(image, weights, result, moves);
        n.requireFast(forward);
        Memory src = part.as(part.tensor(c.image()), n.queried(forward, Dnnl.SRC_MD));
        Memory w = part.as(part.tensor(c.weights()), n.queried(forward, Dnnl.WEIGHTS_MD));
        Memory to = part.tensor(c.result());
        Memory dst = part.before(to, n.queried(forward, Dnnl.DST_MD));
        part.execute(
            forward,
            new Argument(Dnnl.SRC, src),
            new Argument(Dnnl.WEIGHTS, w),
            new Argument(Dnnl.DST, dst));
        part.finish(dst, to);
      }
      case IMAGE_GRADIENT -> {
        long forward = hint(n, c, moves, c.weights().dtype());
        long d = n.backwardData(image, weights, result, moves, forward);
        n.requireFast(d);
        Memory src = part.as(part.tensor(c.result()), n.queried(d, Dnnl.DIFF_DST_MD));
        Memory w = part.as(part.tensor(c.weights()), n.queried(d, Dnnl.WEIGHTS_MD));
        Memory to = part.tensor(c.image());
        Memory dst = part.before(to, n.queried(d, Dnnl.DIFF_SRC_MD));
        part.execute(
            d,
            new Argument(Dnnl.DIFF_DST, src),
            new Argument(Dnnl.WEIGHTS, w),
            new Argument(Dnnl.DIFF_SRC, dst));
        part.finish(dst, to);
      }
      case WEIGHT_GRADIENT -> {
        long forward = hint(n, c, moves, c.image().dtype());
        long d = n.backwardWeights(image, weights, result, moves, forward);
        n.requireFast(d);
        Memory src = part.as(part.tensor(c.image()), n.queried(d, Dnnl.SRC_MD));
        Memory g = part.as(part.tensor(c.result()), n.queried(d, Dnnl.DIFF_DST_MD));
        Memory to = part.tensor(c.weights());
        Memory dst = part.before(to, n.queried(d, Dnnl.DIFF_WEIGHTS_MD));
        part.execute(
            d,
            new Argument(Dnnl.SRC, src),
            new Argument(Dnnl.DIFF_DST, g),
            new Argument(Dnnl.DIFF_WEIGHTS, dst));
        part.finish(dst, to);
      }
    }
  }
}
