/**
 * The reference interpreter: what every other target is compared with. It evaluates the algorithm
 * of each op as it stands, one element after the other, and knows no op by name.
 *
 * <pre>
 * Graph, inputs, stored tensors --Interpreter--> outputs, updates
 *   Node    --Evaluation-->      its elements, in row-major order
 *   Collective --CollectiveEvaluation-->  its elements on every rank, of the operands on all ranks
 *   Scalar  --ScalarCompiler-->  Closure          the value at a position
 *   index   --AffineIndex-->     IndexFunction    the same for indexes that are affine in the positions
 * </pre>
 *
 * <p>A graph is given as it is, not fused: no kernel, schedule or memory plan is involved, so a
 * fault in those shows as a difference. Composite ops are decomposed and evaluated as graphs of
 * their own. A graph with collectives runs on a list of ranks: lists of inputs and of stored
 * tensors in, a list of results out.
 *
 * <p><b>Example.</b> {@code y[i] = Σ over j of w[i, j] · x[j]}, with 8 columns, has two axes; a
 * position is {@code p = {i, j}}. Its value becomes the closure {@code p -> w[8 p[0] + p[1]] *
 * x[p[1]]}, and its element {@code i} is the sum of what that gives for j from 0 to 7.
 *
 * <p><b>Numerics.</b> All values are doubles, which hold I32 and BOOL exactly. {@link
 * dev.lgc.compiler.emit.interp.Precision#AS_TYPED} rounds to the type after every function, and
 * sums at their end; {@link dev.lgc.compiler.emit.interp.Precision#DOUBLE} rounds nothing, so that
 * gradients can be compared with differences. Sums go over their positions in order.
 */
package dev.lgc.compiler.emit.interp;
