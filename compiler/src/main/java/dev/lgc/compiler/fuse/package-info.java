/**
 * Graph to kernels: which nodes are computed together, and what the kernel that computes them is.
 *
 * <pre>
 * Graph --Partition--> Groups --KernelBuilder--> raw kernels --Clusters--> joined --Coalesce, Canonical--> Kernels
 * --Twins--> the kernel of an earlier group that differs only in its nodes
 * Group   ::= stored: node*  members: node*  contraction?      nodes computed by one kernel
 * Linear  ::= constant + Σ factor · atom                       normal form of every index
 * atom    ::= axis | DIV(Linear, k) | MOD(Linear, k) | any other I32 scalar
 * </pre>
 *
 * <p>Inlining a producer into a consumer is substitution: a load of the producer becomes the
 * producer's value with its space axes replaced by the load's index. So no op is known here by
 * name; what matters is the family and the algorithm. Indexes are kept in normal form with ranges;
 * where a division of an axis by a divisor of its extent is left, the axis is split in two and the
 * kernel built again, so that reshapes between shapes with a common refinement cost nothing.
 *
 * <p>A node is <em>stored</em> when it is an output, an update, an operand of a contraction, or
 * dearer to compute again than to keep ({@link dev.lgc.compiler.fuse.Costs}). Other nodes live only
 * inside kernels. How much that may be is the target's to say ({@link
 * dev.lgc.compiler.fuse.FusionLimits}): nothing here knows what a kernel becomes.
 *
 * <p>Products of batches of matrices are joined with what is between them, over the axes that
 * number batches in all of them ({@link dev.lgc.compiler.fuse.Clusters}): attention becomes one
 * kernel over batch and head, its matrix of scores a scratch array of one head, and its gradients
 * another. That two kernels may be joined so shows in the indexes at which one stores and the other
 * loads.
 */
package dev.lgc.compiler.fuse;
