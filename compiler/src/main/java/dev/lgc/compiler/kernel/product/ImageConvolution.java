package dev.lgc.compiler.kernel.product;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A contraction as a 2-D convolution or one of its gradients, recognised by how its indexes move:
 * {@code result[n, o, y, x] = Σ image[n, c, y · strideY + ky - top, x · strideX + kx - left] ·
 * weights[o, c, ky, kx]}. The two factors are F32, or both BF16; what is computed is F32.
 *
 * @param kind which of the three tensors is computed from the other two
 * @param image [batch, in, height, width]
 * @param weights [out, in, kernel height, kernel width]
 * @param result [batch, out, height, width]
 * @param top rows of zeros above the image
 * @param left columns of zeros left of it
 */
public record ImageConvolution(
    Kind kind,
    StridedTensor image,
    StridedTensor weights,
    StridedTensor result,
    int strideY,
    int strideX,
    long top,
    long left) {
  /** The side of a convolution that is computed. */
  public enum Kind {
    RESULT,
    IMAGE_GRADIENT,
    WEIGHT_GRADIENT
  }

  /** Rows of zeros below the image; negative where its last rows are not read. */
  public long bottom() {
    return (result.extent(2) - 1) * strideY + weights.extent(2) - image.extent(2) - top;
  }

  /** Columns of zeros right of the image; negative where its last columns are not read. */
  public long right() {
    return (result.extent(3) - 1) * strideX + weights.extent(3) - image.extent(3) - left;
  }

  /** Larger kernels are not what libraries are good at, and more likely something else. */
  private static final int MOST_TAPS = 16;

  /**
   * The kernel as a convolution with a window of more than one element in one direction at least.
   */
  public static Optional<ImageConvolution> of(Kernel kernel) {
    return ImplicitGemm.asWritten(kernel)
        .filter(ImplicitGemm::isAlike)
        .flatMap(
            p ->
                of(p, p.b(), p.columns(), p.a(), p.rows())
                    .or(() -> of(p, p.a(), p.rows(), p.b(), p.columns()))
                    .map(c -> c.withFactors(p.a().dtype())));
  }

  /** The same with factors of another type; what is computed of them stays F32. */
  public ImageConvolution withFactors(DType dtype) {
    return new ImageConvolution(
        kind,
        kind == Kind.IMAGE_GRADIENT ? image : image.withDType(dtype),
        kind == Kind.WEIGHT_GRADIENT ? weights : weights.withDType(dtype),
        kind == Kind.RESULT ? result : result.withDType(dtype),
        strideY,
        strideX,
        top,
        left);
  }

  /**
   * @param moving the factor with a window: the image, or the result's gradient
   * @param movingAxes axes of the space it has
   */
  private static Optional<ImageConvolution> of(
      ImplicitGemm p, Factor moving, List<Axis> movingAxes, Factor still, List<Axis> stillAxes) {
    List<Axis> space = longer(movingAxes);
    List<Axis> channel = longer(stillAxes);
    List<Axis> depth = longer(p.depth());
    depth.sort(Comparator.comparingLong((Axis a) -> -still.stride(a)));
    if (!longer(p.outer()).isEmpty()
        || !still.isPlain()
        || channel.size() > 1
        || space.size() < 2
        || space.size() > 3
        || depth.size() < 2
        || depth.size() > 3) {
      return Optional.empty();
    }
    Parts parts = new Parts(p, moving, still, channel.isEmpty() ? null : channel.getFirst());
    for (Three s : Three.orders(space)) {
      for (Three d : Three.orders(depth)) {
        Optional<ImageConvolution> found = parts.of(s.first, s.y, s.x, d.first, d.y, d.x);
        if (found.isPresent()) {
          return found;
        }
      }
    }
    return Optional.empty();
  }

  /** An axis along which nothing moves, and two of rows and columns; null for those of extent 1. */
  private record Three(Axis first, Axis y, Axis x) {
    /** The orders that two or three axes may have, likely ones first. */
    static List<Three> orders(List<Axis> axes) {
      Axis a = axes.getFirst();
      Axis b = axes.get(1);
      Axis c = axes.getLast();
      return axes.size() == 2
          ? List.of(new Three(null, a, b), new Three(a, null, b), new Three(b, null, a))
          // Channels may be the fastest of the still factor's axes as well.
          : List.of(new Three(a, b, c), new Three(c, a, b));
    }
  }

  private static List<Axis> longer(List<Axis> axes) {
    List<Axis> longer = new ArrayList<>(axes);
    longer.removeIf(a -> a.extent() == 1);
    return longer;
  }

  /** The factors, and the axis of the space that only the still one has. */
  private record Parts(ImplicitGemm p, Factor moving, Factor still, Axis channel) {
    /**
     * @param first an axis of the moving factor that is not summed and along which nothing moves,
     *     or null
     * @param summed an axis of both factors along which nothing moves, or null
     */
    Optional<ImageConvolution> of(Axis first, Axis y, Axis x, Axis summed, Axis dy, Axis dx) {
      if (y == null && dy == null) {
        return Optional.empty();
      }
      if ((dy != null && moving.stride(dy) < 0) || moving.stride(dx) < 0) {
        return y == null ? Optional.empty() : imageGradient(first, y, x, summed, dy, dx);
      }
      return Math.max(extent(y), extent(x)) <= Math.min(extent(dy), extent(dx))
          ? weightGradient(first, y, x, summed, dy, dx)
          : result(first, y, x, summed, dy, dx);
    }

    Optional<ImageConvolution> result(Axis n, Axis y, Axis x, Axis c, Axis ky, Axis kx) {
      return forward(
          Kind.RESULT,
          y,
          x,
          ky,
          kx,
          strided(still.buffer(), still.constant(), still::stride, channel, c, ky, kx),
          target(n, channel, y, x),
          n,
          c);
    }

    Optional<ImageConvolution> weightGradient(Axis c, Axis ky, Axis kx, Axis n, Axis y, Axis x) {
      return forward(
          Kind.WEIGHT_GRADIENT,
          y,
          x,
          ky,
          kx,
          target(channel, c, ky, kx),
          strided(still.buffer(), still.constant(), still::stride, n, channel, y, x),
          n,
          c);
    }

    private Optional<ImageConvolution> forward(
        Kind kind,
        Axis y,
        Axis x,
        Axis ky,
        Axis kx,
        StridedTensor weights,
        StridedTensor result,
        Axis n,
        Axis c) {
      if (y == null) {
        return Optional.empty();
      }
      long rowStride = moving.stride(ky == null ? y : ky);
      long columnStride = moving.stride(kx);
      if (!fits(ky, kx)
          || moving.divisor() != 1
          || columnStride < 1
          || rowStride < columnStride
          || moving.stride(y) % rowStride != 0
          || moving.stride(x) % columnStride != 0
          || moving.constant() > 0) {
        return Optional.empty();
      }
      int strideY = (int) (moving.stride(y) / rowStride);
      int strideX = (int) (moving.stride(x) / columnStride);
      long top = -moving.constant() / rowStride;
      long left = -moving.constant() % rowStride / columnStride;
      Bounds rows = bounds(y, strideY, ky, 1, top);
      Bounds columns = bounds(x, strideX, kx, 1, left);
      if (rows == null
          || columns == null
          || windows() != rows.windows + columns.windows
          || strideY < 1
          || strideX < 1) {
        return Optional.empty();
      }
      StridedTensor image =
          new StridedTensor(
              moving.buffer(),
              0,
              List.of(extent(n), extent(c), rows.extent, columns.extent),
              List.of(stride(n), stride(c), rowStride, columnStride));
      return Optional.of(
          new ImageConvolution(kind, image, weights, result, strideY, strideX, top, left));
    }

    Optional<ImageConvolution> imageGradient(Axis n, Axis y, Axis x, Axis o, Axis ky, Axis kx) {
      int stride = moving.divisor();
      long rowStride = moving.stride(y);
      long columnStride = moving.stride(x);
      if (!fits(ky, kx)
          || columnStride < 1
          || rowStride < columnStride
          || (ky != null && moving.stride(ky) != -rowStride)
          || moving.stride(kx) != -columnStride
          || moving.constant() < 0) {
        return Optional.empty();
      }
      long top = moving.constant() / rowStride;
      long left = moving.constant() % rowStride / columnStride;
      Bounds rows = bounds(y, 1, ky, -1, -top);
      Bounds columns = bounds(x, 1, kx, -1, -left);
      if (rows == null || columns == null || windows() != rows.windows + columns.windows) {
        return Optional.empty();
      }
      StridedTensor result =
          new StridedTensor(
              moving.buffer(),
              0,
              List.of(
                  extent(n),
                  extent(o),
                  (rows.extent + stride - 1) / stride,
                  (columns.extent + stride - 1) / stride),
              List.of(stride(n) / stride, stride(o) / stride, rowStride, columnStride));
      StridedTensor weights =
          strided(still.buffer(), still.constant(), still::stride, o, channel, ky, kx);
      return Optional.of(
          new ImageConvolution(
              Kind.IMAGE_GRADIENT,
              target(n, channel, y, x),
              weights,
              result,
              stride,
              stride,
              top,
              left));
    }

    private static boolean fits(Axis ky, Axis kx) {
      return extent(ky) <= MOST_TAPS && extent(kx) <= MOST_TAPS;
    }

    /** Windows that bound, and not those that see to an exact division. */
    private int windows() {
      return (int) moving.windows().stream().filter(GuardWindow::isPlain).count();
    }

    /**
     * The reach of the moving factor along one of its dimensions.
     *
     * @param windows how many of its windows say so
     */
    private record Bounds(long extent, int windows) {}

    /**
     * The bounds of position {@code space · s + tap · t - before}, or null where its windows are
     * not just that.
     */
    private Bounds bounds(Axis space, long s, Axis tap, long t, long before) {
      long taps = extent(tap);
      long low = (t < 0 ? -(taps - 1) : 0) - before;
      long high = (space.extent() - 1) * s + (t > 0 ? taps - 1 : 0) - before;
      long extent = high + 1;
      boolean bounded = low >= 0;
      int found = 0;
      for (GuardWindow w : moving.windows()) {
        long ws = w.position().stride(space);
        // Of a window of one element there is no tap to move along.
        long wt = tap == null ? Long.signum(ws) * t : w.position().stride(tap);
        if (!w.isPlain() || (ws == 0 && wt == 0)) {
          continue;
        }
        found++;
        long axes = w.position().strides().keySet().stream().filter(a -> a.extent() > 1).count();
        if (axes != (tap == null ? 1 : 2)) {
          return null;
        }
        if (ws == s && wt == t && w.position().constant() == -before) {
          bounded = true;
          extent = Math.min(extent, w.range());
        } else if (ws == -s && wt == -t && w.range() == GuardWindow.UNBOUNDED) {
          extent = Math.min(extent, w.position().constant() + 1 - before);
        } else {
          return null;
        }
      }
      return bounded && extent > 0 ? new Bounds(extent, found) : null;
    }

    private long stride(Axis axis) {
      return axis == null ? 1 : moving.stride(axis);
    }

    private static long extent(Axis axis) {
      return axis == null ? 1 : axis.extent();
    }

    private StridedTensor target(Axis... axes) {
      return strided(p.c(), p.target().constant(), p.target()::stride, axes);
    }

    private static StridedTensor strided(
        int buffer, long offset, java.util.function.ToLongFunction<Axis> stride, Axis... axes) {
      List<Long> extents = new ArrayList<>();
      List<Long> strides = new ArrayList<>();
      for (Axis axis : axes) {
        extents.add(extent(axis));
        strides.add(axis == null ? 1 : stride.applyAsLong(axis));
      }
      return new StridedTensor(buffer, offset, extents, strides);
    }
  }
}
