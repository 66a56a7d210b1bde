/**
 * Contractions on the JVM: matrix products with any transposition and batch axes, and convolutions
 * with their gradients, as one thing.
 *
 * <pre>
 * Kernel --ImplicitGemm.of--> ImplicitGemm --Blocking.of--> Blocking --> TiledContraction (packing, blocks) + MicroKernel (emitted)
 *                                          --RowSelection.of-->      DotRows, ScaledRows (B in place) + their kernels (emitted)
 *
 * TiledStrategy       a product's code: in place, or else in tiles
 *   RowSelection        few rows, or B in panels: with dot products, with scaled sums, or not in place
 *     DotRows, ScaledRows  a unit of columns, by kernels for a RowTile (DotKernel, ScaledKernel)
 *       RowContraction       what both are: the problem's strides, and the loop over units
 *   TiledContraction    everything else: Packer, Blocking, MicroKernel
 * </pre>
 *
 * <p>What a product is, {@link dev.lgc.compiler.kernel.product} says. Where lowering made one
 * kernel of a convolution, its guards become windows, and packing gathers the patches panel by
 * panel: an implicit matrix product. The gradient of a strided one is such a product for each of
 * its phases. The code around the micro-kernel is the same for every shape, and shared by them, so
 * that it is warm after the first; only the micro-kernel is emitted, for the machine's vectors.
 *
 * <p><b>Example.</b> {@code C[64, 1024] = A[64, 512] · B[512, 1024]} with vectors of 16 lanes has
 * the schedule {@code Tiled[tileRows=6, tileColumns=64, rows=66, columns=128, depth=256]}. Its
 * units, which threads share, are eight blocks of 128 columns. For each of two runs of 256 steps a
 * unit packs its parts of A and B into panels, and the micro-kernel multiplies them in eleven by
 * two register tiles, each of 6 rows by 4 vectors. With one row in place of 64 the schedule is
 * {@code Rows[dots=false]}: nothing is packed, and a vector of sums stays in a register for every
 * 16 columns.
 *
 * <p>With few rows, as in decoding, B is read once, where it lies, at the speed of memory; it may
 * be BF16 or I8, which are widened as they are loaded. Where it lies in panels of columns, so that
 * it needs no packing, that is done for any number of rows. What C2 makes of the innermost loop
 * decides, so one is emitted for every number of rows and every type.
 *
 * <p><b>Numerics.</b> In tiles, an element of C is the sum of its runs of {@link Blocking#depth}
 * steps, in order; in a run, each step is one fused multiplication and addition, in order. So its
 * bits depend on the depth of a panel alone: not on threads, tiles or lanes. With few rows it is
 * one sum, or one for each lane where vectors run along the steps, whatever the number of rows.
 */
package dev.lgc.compiler.emit.jvm.contraction;
