package dev.lgc.compiler.build;

import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.autodiff.Autodiff;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.op.Abs;
import dev.lgc.compiler.op.And;
import dev.lgc.compiler.op.ArgReduce;
import dev.lgc.compiler.op.Attend;
import dev.lgc.compiler.op.Cos;
import dev.lgc.compiler.op.Erf;
import dev.lgc.compiler.op.Fill;
import dev.lgc.compiler.op.Floor;
import dev.lgc.compiler.op.Gather;
import dev.lgc.compiler.op.Gelu;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.op.LeakyRelu;
import dev.lgc.compiler.op.LogSoftmax;
import dev.lgc.compiler.op.LogSumExp;
import dev.lgc.compiler.op.Not;
import dev.lgc.compiler.op.NotEqual;
import dev.lgc.compiler.op.Op;
import dev.lgc.compiler.op.Or;
import dev.lgc.compiler.op.Pad;
import dev.lgc.compiler.op.Pick;
import dev.lgc.compiler.op.Relu;
import dev.lgc.compiler.op.Rotate;
import dev.lgc.compiler.op.Rsqrt;
import dev.lgc.compiler.op.Sigmoid;
import dev.lgc.compiler.op.Silu;
import dev.lgc.compiler.op.Sin;
import dev.lgc.compiler.op.Softmax;
import dev.lgc.compiler.op.Softplus;
import dev.lgc.compiler.op.StopGradient;
import dev.lgc.compiler.op.Tanh;
import dev.lgc.compiler.op.Transpose;
import dev.lgc.compiler.op.Uniform;
import dev.lgc.dsl.model.Call;
import dev.lgc.dsl.text.Text;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.Collections;
import java.util.List;

/** One call of the language in terms of ops. */
final class CallBuilder {
  private final GraphBuilder b;
  private final Call call;
  private final boolean direct;
  private final TensorType type;

  /**
   * @param direct as of {@link EntryBuilder#graph}
   */
  CallBuilder(GraphBuilder b, Call call, boolean direct) {
    this.b = b;
    this.call = call;
    this.direct = direct;
    this.type = call.type();
  }

  /** Adds the call over operands of the builder; the result has exactly the call's type. */
  int build(int[] x) {
    int value = value(x);
    if (!b.type(value).equals(type)) {
      throw new IllegalArgumentException(
          Text.format(
              "%s at %s is %s, was checked as %s",
              call.operation(), call.where(), b.type(value), type));
    }
    return value;
  }

  private int value(int[] x) {
    return switch (call.operation()) {
      case NEG -> b.neg(x[0]);
      case EXP -> b.exp(x[0]);
      case LOG -> b.log(x[0]);
      case SQRT -> b.sqrt(x[0]);
      case RSQRT -> b.add(new Rsqrt(), x[0]);
      case SIN -> b.add(new Sin(), x[0]);
      case COS -> b.add(new Cos(), x[0]);
      case TANH -> b.add(new Tanh(), x[0]);
      case ERF -> b.add(new Erf(), x[0]);
      case SIGMOID -> b.add(new Sigmoid(), x[0]);
      case SILU -> b.add(new Silu(), x[0]);
      case RELU -> b.add(new Relu(), x[0]);
      case ABS -> b.add(new Abs(), x[0]);
      case FLOOR -> type.dtype().isFloat() ? b.add(new Floor(), x[0]) : x[0];
      case NOT -> b.add(new Not(), x[0]);
      case GELU -> b.add(new Gelu(), x[0]);
      case SOFTPLUS -> b.add(new Softplus(), x[0]);
      case LEAKY_RELU -> b.add(new LeakyRelu(real("slope")), x[0]);
      case CAST -> b.cast(x[0], type.dtype());
      case ADD -> b.plus(spread(x[0]), spread(x[1]));
      case SUB -> b.sub(spread(x[0]), spread(x[1]));
      case MUL -> b.mul(spread(x[0]), spread(x[1]));
      case DIV ->
          type.dtype().isFloat()
              ? b.div(spread(x[0]), spread(x[1]))
              : IntegerDivision.floored(b, spread(x[0]), spread(x[1]));
      case POW -> power(x);
      case MIN -> b.minimum(spread(x[0]), spread(x[1]));
      case MAX -> b.maximum(spread(x[0]), spread(x[1]));
      case LT -> b.less(spread(x[0]), spread(x[1]));
      case LE -> b.lessEqual(spread(x[0]), spread(x[1]));
      case GT -> b.less(spread(x[1]), spread(x[0]));
      case GE -> b.lessEqual(spread(x[1]), spread(x[0]));
      case EQ -> b.equal(spread(x[0]), spread(x[1]));
      case NE -> b.add(new NotEqual(), spread(x[0]), spread(x[1]));
      case AND -> b.add(new And(), spread(x[0]), spread(x[1]));
      case OR -> b.add(new Or(), spread(x[0]), spread(x[1]));
      case WHERE -> b.where(spread(x[0]), spread(x[1]), spread(x[2]));
      case CONSTANT -> b.fill(real("value"), type);
      case IOTA -> b.iota(0, type.shape());
      case UNIFORM ->
          b.add(
              new Uniform(number("stream"), type),
              b.add(new Input(EntryBuilder.KEY, TensorType.i32(4))));
      case STEP -> b.add(new Input(EntryBuilder.STEP, TensorType.f32()));
      case SUM -> shaped(b.sum(x[0], numbers("axes")));
      case MEAN -> mean(x[0]);
      case REDUCE_MAX -> shaped(b.reduce(Reducer.MAX, x[0], numbers("axes")));
      case REDUCE_MIN -> shaped(b.reduce(Reducer.MIN, x[0], numbers("axes")));
      case LOGSUMEXP -> shaped(b.add(new LogSumExp(numbers("axes")), x[0]));
      case ARGMAX -> shaped(b.add(new ArgReduce(Reducer.ARGMAX, numbers("axes").getFirst()), x[0]));
      case ARGMIN -> shaped(b.add(new ArgReduce(Reducer.ARGMIN, numbers("axes").getFirst()), x[0]));
      case SOFTMAX -> b.add(new Softmax(number("axis")), x[0]);
      case LOG_SOFTMAX -> b.add(new LogSoftmax(number("axis")), x[0]);
      case RESHAPE -> shaped(x[0]);
      case TRANSPOSE -> b.add(new Transpose(numbers("permutation")), x[0]);
      case SLICE -> b.slice(x[0], number("axis"), number("start"), number("stop"));
      case CONCAT -> b.concat(number("axis"), x);
      case BROADCAST -> spread(x[0]);
      case PAD -> b.add(new Pad(numbers("before"), numbers("after"), real("value")), x[0]);
      case UPSAMPLE_NEAREST -> upsample(x[0]);
      case GATHER -> b.add(new Gather(), x);
      case PICK -> b.add(new Pick(), x);
      case CONTRACT -> Einsum.build(b, (String) call.attributes().get("spec"), x[0], x[1]);
      case CONV2D ->
          Windows.convolution(b, x[0], x[1], number("stride"), numbers("padding"), direct);
      case MAX_POOL2D ->
          Windows.maxPool(b, x[0], number("kernel"), number("stride"), number("padding"));
      case AVG_POOL2D ->
          Windows.meanPool(b, x[0], number("kernel"), number("stride"), number("padding"));
      case ATTEND -> b.add(attend(x.length == 4), x);
      case ROTATE -> b.add(new Rotate(number("heads"), false), x);
      case STOP_GRADIENT -> b.add(new StopGradient(), x[0]);
      case STRAIGHT_THROUGH -> b.plus(x[0], b.add(new StopGradient(), b.sub(x[1], x[0])));
      case GRADIENT -> b.add(new StopGradient(), Autodiff.gradients(b, x[0], List.of(x[1]))[0]);
    };
  }

  private Op attend(boolean keys) {
    boolean causal = (Boolean) call.attributes().get("causal");
    return new Attend(number("heads"), number("kv_heads"), real("scale"), causal, keys, false);
  }

  /** An operand in the result's shape; constants are made in that shape at once. */
  private int spread(int v) {
    return b.node(v).op() instanceof Fill f
        ? b.fill(f.value(), f.type().withShape(type.shape()))
        : b.broadcast(v, type.shape());
  }

  private int shaped(int v) {
    return b.reshape(v, type.shape());
  }

  private int power(int[] x) {
    if (b.node(x[1]).op() instanceof Fill f && f.value() == 2) {
      return b.mul(spread(x[0]), spread(x[0]));
    }
    return b.pow(spread(x[0]), spread(x[1]));
  }

  private int mean(int v) {
    List<Integer> axes = numbers("axes");
    int sum = shaped(b.sum(v, axes));
    Shape s = b.type(v).shape();
    double count = axes.stream().mapToLong(s::dim).reduce(1, (p, q) -> p * q);
    return count == 1 ? sum : b.div(sum, b.fill(count, type));
  }

  private int upsample(int v) {
    Shape s = b.type(v).shape();
    int f = number("factor");
    int split = b.reshape(v, s.dim(0), s.dim(1), s.dim(2), 1, s.dim(3), 1);
    Shape repeated = Shape.of(s.dim(0), s.dim(1), s.dim(2), f, s.dim(3), f);
    return shaped(b.broadcast(split, repeated));
  }

  private double real(String attribute) {
    return ((Number) call.attributes().get(attribute)).doubleValue();
  }

  private int number(String attribute) {
    return ((Number) call.attributes().get(attribute)).intValue();
  }

  private List<Integer> numbers(String attribute) {
    Object value = call.attributes().getOrDefault(attribute, Collections.emptyList());
    return ((List<?>) value).stream().map(n -> ((Number) n).intValue()).toList();
  }
}
