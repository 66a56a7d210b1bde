/**
 * The reference interpreter: what every other target is compared with. It evaluates the algorithm
 * of each op as it stands, a row of positions at a time, and knows no op by name.
 *
 * <pre>
 * Graph, inputs, stored tensors --Interpreter--> outputs, updates
 *   Node    --Evaluation, Accumulation-->  its elements
 *   Collective --CollectiveEvaluation-->  its elements on every rank, of the operands on all ranks
 *   Scalar  --ScalarCompiler-->  RowValues        the values along a Row
 *   index   --AffineIndex-->     IndexFunction    first and step of indexes that are affine in the positions
 * </pre>
 *
 * <p>A graph is given as it is, not fused: no kernel, schedule or memory plan is involved, so a
 * fault in those shows as a difference. Composite ops are decomposed and evaluated as graphs of
 * their own. A graph with collectives runs on a list of ranks: lists of inputs and of stored
 * tensors in, a list of results out.
 *
 * <p><b>Example.</b> {@code y[i] = Σ over j of w[i, j] · x[j]}, with 8 columns, has two axes; a
 * position is {@code (i, j)}. If there are more rows of {@code w} than columns, a row of positions
 * is along {@code i}: for each j in turn, all products {@code w[8 i + j] * x[j]} are computed at
 * once, each expression in one loop, and added to the sums. Otherwise it is along {@code j}: the
 * products for one i are computed at once and added in order. Both give the same bits.
 *
 * <p><b>Numerics.</b> All values are doubles, which hold I32 and BOOL exactly. {@link
 * dev.lgc.compiler.emit.interp.Precision#AS_TYPED} rounds to the type after every function, and
 * sums at their end; {@link dev.lgc.compiler.emit.interp.Precision#DOUBLE} rounds nothing, so that
 * gradients can be compared with differences. Sums go over their positions in order.
 */
package dev.lgc.compiler.emit.interp;
