package dev.lgc.dsl.type;

import java.util.Optional;

/**
 * The tensor operations the language gives to {@code .arch} authors. Each constant documents its
 * operands, its attributes (with their Java types as stored in {@link
 * dev.lgc.dsl.model.Call#attributes()}) and its result. Shapes of elementwise operands broadcast
 * from size-1 and missing leading dimensions; the result type is recorded in the call. An
 * elementwise operation says its kind here, which is all that derivations need to know of it.
 */
public enum Intrinsic {
  // Elementwise, one operand.
  NEG(Pointwise.LINEAR),
  EXP(Pointwise.FUNCTION),
  LOG(Pointwise.FUNCTION),
  SQRT(Pointwise.FUNCTION),
  RSQRT(Pointwise.FUNCTION),
  SIN(Pointwise.FUNCTION),
  COS(Pointwise.FUNCTION),
  TANH(Pointwise.FUNCTION),
  ERF(Pointwise.FUNCTION),
  SIGMOID(Pointwise.FUNCTION),
  SILU(Pointwise.FUNCTION),
  RELU(Pointwise.FUNCTION),
  ABS(Pointwise.FUNCTION),
  FLOOR(Pointwise.FUNCTION),
  NOT(Pointwise.FUNCTION),
  /** Tanh approximation of GELU (arXiv:1606.08415). */
  GELU(Pointwise.FUNCTION),
  /** {@code log(1 + exp(x))}, computed without overflow. */
  SOFTPLUS(Pointwise.FUNCTION),
  /** Attribute {@code slope: Double}. */
  LEAKY_RELU(Pointwise.FUNCTION),
  /** Attribute {@code dtype: DType}. */
  CAST(Pointwise.CONVERSION),
  // Elementwise, two operands.
  ADD(Pointwise.SUM),
  SUB(Pointwise.SUM),
  MUL(Pointwise.PRODUCT),
  DIV(Pointwise.QUOTIENT),
  POW(Pointwise.FUNCTION),
  MIN(Pointwise.FUNCTION),
  MAX(Pointwise.FUNCTION),
  /** Comparisons give BOOL. */
  LT(Pointwise.FUNCTION),
  LE(Pointwise.FUNCTION),
  GT(Pointwise.FUNCTION),
  GE(Pointwise.FUNCTION),
  EQ(Pointwise.FUNCTION),
  NE(Pointwise.FUNCTION),
  AND(Pointwise.FUNCTION),
  OR(Pointwise.FUNCTION),
  /** {@code where(c, a, b)}: operands BOOL, T, T. */
  WHERE(Pointwise.CHOICE),
  // Sources.
  /**
   * A scalar literal: attribute {@code value: Double}; the result type is a scalar F32, I32 or
   * BOOL.
   */
  CONSTANT,
  /** {@code iota(n)}: int[n] with 0 … n-1. */
  IOTA,
  /**
   * Independent uniforms in [0, 1): attribute {@code stream: Integer}, unique per call site
   * instance in the entry.
   */
  UNIFORM,
  /** The number of optimizer steps done, a scalar F32. Only in objectives. */
  STEP,
  // Reductions: attributes {@code axes: List<Integer>} (non-negative, ascending) and {@code keep:
  // Boolean}.
  SUM,
  MEAN,
  REDUCE_MAX,
  REDUCE_MIN,
  LOGSUMEXP,
  /**
   * Index (I32) of the first extreme element: attribute {@code axes} with one axis, {@code keep}.
   */
  ARGMAX,
  ARGMIN,
  /** Attribute {@code axis: Integer}. */
  SOFTMAX,
  LOG_SOFTMAX,
  // Movement.
  /** To the result type's shape, same number of elements. */
  RESHAPE,
  /** Attribute {@code permutation: List<Integer>}: result axis i is operand axis permutation[i]. */
  TRANSPOSE,
  /** Attributes {@code axis, start, stop: Integer}. {@code split} and indexing become slices. */
  SLICE,
  /** Any number of operands; attribute {@code axis: Integer}. */
  CONCAT,
  /** To the result type's shape (size-1 and missing leading dimensions only). */
  BROADCAST,
  /** Attributes {@code before, after: List<Integer>} per axis and {@code value: Double}. */
  PAD,
  /** x[b, c, h, w] to [b, c, f h, f w]: attribute {@code factor: Integer}. */
  UPSAMPLE_NEAREST,
  // Gather.
  /**
   * table[n, rest…] and indices int[i…] to [i…, rest…]. Out-of-range indices are a fault reported
   * by name.
   */
  GATHER,
  /** x[…, n] and index int[…] to […]: the element of the last axis at the index. */
  PICK,
  // Contraction and windows.
  /** Two operands; attribute {@code spec: String}, as in einsum ({@code "bsi,oi->bso"}). */
  CONTRACT,
  /**
   * x[b, c, h, w], weight[o, c, kh, kw]; attributes {@code stride: Integer} and {@code padding:
   * List<Integer>} = top, bottom, left, right.
   */
  CONV2D,
  /**
   * x[b, c, h, w]; attributes {@code kernel, stride, padding: Integer}. Padding is minus infinity,
   * and not counted.
   */
  MAX_POOL2D,
  AVG_POOL2D,
  // Sequence.
  /**
   * q[b, s, heads d], k and v[b, s, kv_heads d], optionally keys bool[b, s]; attributes {@code
   * heads, kv_heads: Integer}, {@code causal: Boolean}, {@code scale: Double}. Scaled dot-product
   * attention; position i sees j &lt;= i when causal, and only j with keys[b, j], but always
   * itself.
   */
  ATTEND,
  /**
   * x[b, s, heads d] and rope[s, d/2, 2] (cosine, sine): rotates adjacent pairs of every head.
   * Attribute {@code heads: Integer}.
   */
  ROTATE,
  // Gradient control.
  STOP_GRADIENT(Pointwise.LINEAR),
  /**
   * {@code straight_through(x, q)}: the value of q, the gradient of x; computed as x +
   * stop_gradient(q - x).
   */
  STRAIGHT_THROUGH(Pointwise.SUM),
  /**
   * {@code gradient(loss, w)}: derivative of a scalar with respect to a parameter, itself without a
   * gradient.
   */
  GRADIENT;

  private final Optional<Pointwise> pointwise;

  /** An operation that is not elementwise. */
  Intrinsic() {
    this.pointwise = Optional.empty();
  }

  /** An elementwise operation. */
  Intrinsic(Pointwise kind) {
    this.pointwise = Optional.of(kind);
  }

  /** The kind of an elementwise operation; empty for any other. */
  public Optional<Pointwise> pointwise() {
    return pointwise;
  }
}
