/**
 * The operations of a graph, one record and one file each.
 *
 * <pre>
 * Op        ::= Source | Primitive | Composite | Collective
 * Source    ::= Input | Stored | Dense | Fill | Iota
 * Primitive ::= Elementwise    Add Sub Mul Div Pow Minimum Maximum Neg Abs Sqrt Rsqrt Exp Log Sin Cos Tanh Erf Sigmoid Silu
 *                              Relu LeakyRelu Gelu Softplus Floor Less LessEqual Equal NotEqual And Or Not Where Cast StopGradient
 *             | Movement       Reshape Transpose Broadcast Slice Pad Concat After
 *             | Reduction      Reduce ArgReduce
 *             | Contraction    Contract Conv2d Conv2dInputGradient Conv2dWeightGradient
 *             | Indexed        Gather ScatterAdd Pick Uniform DynamicSlice DynamicUpdate Rotate MaxPool2d MaxPool2dIndex
 *                              MaxPool2dGradient SumPool2d SumPool2dGradient RowFilter RowSpread
 * Composite ::= Softmax LogSoftmax LogSumExp Attend KthLargest Nucleus
 * Collective ::= AllGather ReduceScatter AllReduce             each over the ranks of a RankGroup
 * </pre>
 *
 * <p>Arithmetic of ints is total: it wraps at 32 bits, and whoever builds a division sees to a
 * positive divisor ({@code x / 0} of the language is 0). So every element may be computed, also
 * those that a {@link dev.lgc.compiler.op.Where} does not choose. Only an index outside of what it
 * indexes is a fault; whether one is found that a choice makes unnecessary is not said.
 *
 * <p>The meaning of a primitive is its one {@link dev.lgc.compiler.algorithm.Algorithm}; numerics
 * are that package's. The meaning of a composite is its decomposition. A collective is over the
 * ranks of a run, which compute the same graph at the same time; {@link
 * dev.lgc.compiler.op.Collective} says its meaning. A gradient is written with {@link
 * dev.lgc.compiler.op.Terms}; dead parts of it are removed later, so it may name gradients that
 * nobody wants.
 */
package dev.lgc.compiler.op;
