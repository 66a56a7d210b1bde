package dev.lgc.compiler.rewrite.storage;

import dev.lgc.compiler.algorithm.Rounding;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.op.Floor;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A type in which a model's weights are stored where they are only read. Everything that one type
 * does differently from the others stands here twice, side by side: as operations, for the step
 * that gives weights their initial values, and over floats, for weights of a file. Both give the
 * same elements.
 *
 * <pre>
 * magnitude  := max |v| of an output channel       of a type with scales
 * scale      := magnitude / limit
 * element    := round (v · (limit / magnitude))    without scales: round (v)
 * v          ≈  element · scale                    without scales: element
 * </pre>
 *
 * <p>A plan tells the types apart by the {@link #dtype} of what it stores: no two have the same.
 */
public enum WeightType {
  /** As they were trained. */
  F32(DType.F32, 0) {
    @Override
    int rounded(GraphBuilder b, int values) {
      return values;
    }

    @Override
    public void store(float[] values, int n, MemorySegment to, long at) {
      MemorySegment.copy(values, 0, to, ValueLayout.JAVA_FLOAT_UNALIGNED, 4 * at, n);
    }
  },
  /** Rounded to bfloat16, the upper half of a float: relative error at most 2⁻⁹. */
  BF16(DType.BF16, 0) {
    @Override
    int rounded(GraphBuilder b, int values) {
      return b.cast(values, DType.BF16);
    }

    @Override
    public void store(float[] values, int n, MemorySegment to, long at) {
      short[] elements = new short[n];
      for (int i = 0; i < n; i++) {
        elements[i] = Rounding.toBf16Bits(values[i]);
      }
      MemorySegment.copy(elements, 0, to, ValueLayout.JAVA_SHORT_UNALIGNED, 2 * at, n);
    }
  },
  /**
   * Whole numbers from -127 to 127 times a scale of each output channel, its largest magnitude /
   * 127: error at most half of that scale.
   */
  INT8(DType.I8, 127) {
    @Override
    int rounded(GraphBuilder b, int values) {
      return b.cast(b.add(new Floor(), b.shift(values, 0.5)), DType.I8);
    }

    @Override
    public void store(float[] values, int n, MemorySegment to, long at) {
      byte[] elements = new byte[n];
      for (int i = 0; i < n; i++) {
        elements[i] = (byte) floor(values[i] + 0.5f);
      }
      MemorySegment.copy(elements, 0, to, ValueLayout.JAVA_BYTE, at, n);
    }
  };

  /** The weights of an output channel count as 0 if all are smaller. */
  private static final double SMALLEST = 1e-30;

  private final DType dtype;
  private final int limit;

  /**
   * @param limit the largest magnitude of an element; 0 for a type without scales
   */
  WeightType(DType dtype, int limit) {
    this.dtype = dtype;
    this.limit = limit;
  }

  /** The types that take fewer bits than those in which weights are trained, the widest first. */
  public static List<WeightType> quantized() {
    return Arrays.stream(values()).filter(WeightType::isQuantized).toList();
  }

  /** The weight type with elements of a type; empty if there is none. */
  public static Optional<WeightType> of(DType stored) {
    return Arrays.stream(values()).filter(t -> t.dtype == stored).findFirst();
  }

  /** As users write it. */
  public String keyword() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The type of the elements in memory. */
  public DType dtype() {
    return dtype;
  }

  /** Returns true if it takes fewer bits than weights are trained in. */
  public boolean isQuantized() {
    return this != F32;
  }

  /** Returns true if each output channel has a scale. */
  public boolean isScaled() {
    return limit > 0;
  }

  /** Adds the elements of values, which are multiplied by {@link #reciprocal} already. */
  abstract int rounded(GraphBuilder b, int values);

  /**
   * Stores the elements of values, which are multiplied by {@link #reciprocal(float)} already.
   *
   * @param values the first {@code n} of them
   * @param to where the tensor is
   * @param at the number of the first element in it
   */
  public abstract void store(float[] values, int n, MemorySegment to, long at);

  /** Adds the scales of channels, by their largest magnitudes. */
  final int scale(GraphBuilder b, int magnitude) {
    return b.div(magnitude, b.fill(limit, b.type(magnitude)));
  }

  /** The scale of a channel, by its largest magnitude. */
  public final float scale(float magnitude) {
    return magnitude / limit;
  }

  /** Adds what values of channels are multiplied by, by the channels' largest magnitudes. */
  final int reciprocal(GraphBuilder b, int magnitude) {
    TensorType t = b.type(magnitude);
    int some = b.less(b.fill(SMALLEST, t), magnitude);
    return b.where(some, b.div(b.fill(limit, t), magnitude), b.fill(0, t));
  }

  /** The factor of the values of a channel, by its largest magnitude. */
  public final float reciprocal(float magnitude) {
    return (float) SMALLEST < magnitude ? limit / magnitude : 0;
  }

  /** As {@link Math#floor}, which is slow until it is compiled by the optimising compiler. */
  private static int floor(float x) {
    int towardsZero = (int) x;
    return towardsZero > x ? towardsZero - 1 : towardsZero;
  }
}
