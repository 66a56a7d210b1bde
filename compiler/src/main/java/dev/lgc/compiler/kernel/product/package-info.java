/**
 * Kernels recognised as matrix products and convolutions, whatever target computes them: what a
 * library call or a tiled kernel needs to know.
 *
 * <pre>
 * Kernel --ImplicitGemm.of-----> ImplicitGemm      any product, its factors read by affine indexes and windows
 *        --MatrixProduct.of----> MatrixProduct     one batched product of strided matrices, as GEMM libraries take it
 *        --ImageConvolution.of-> ImageConvolution  a 2-D convolution or one of its gradients, as DNN libraries take it
 *        --WidenedKernel.of----> WidenedKernel     a product of BF16 factors, with F32 factors in their place
 *
 * ImplicitGemm     ::= outer, rows, columns, depth: Axis*   a, b: Factor   target: Affine
 * Factor           ::= buffer, dtype, (constant + Σ stride · axis) / divisor, GuardWindow*
 * GuardWindow      ::= 0 ≤ Affine &lt; range, Affine mod modulus = 0
 * MatrixProduct    ::= a, b, c: StridedTensor
 * ImageConvolution ::= kind   image, weights, result: StridedTensor   strides, padding
 * StridedTensor    ::= buffer, dtype, offset, extents, strides
 * </pre>
 *
 * <p>Products are of F32, or of BF16 or I8 that is converted to F32, and their sums are F32.
 * Nothing here says in which order a target adds: that is the target's to state.
 */
package dev.lgc.compiler.kernel.product;
