package dev.lgc.compiler.fuse;

/**
 * The limits of a target that fusion keeps to: when a value is computed again, and how much may be
 * in one kernel. Each target that kernels are made for gives its own numbers, with their reasons.
 *
 * @param costs of computing a value again and of keeping it
 * @param maxUses times a value may stand in one kernel's expressions
 * @param maxWidenings times a contraction may convert an element of a narrow factor
 * @param maxDepth longest chain of ops in one kernel
 * @param maxMembers most nodes in one kernel
 * @param maxReductions most reductions in one kernel
 * @param maxBuffers most buffers of one kernel, about
 * @param maxStored most values that one kernel stores
 * @param unrolled positions up to which a loop is unrolled: an end that varies would cost more than
 *     it saves
 * @param maxVectors vectors that may share a matrix, for their products to be part of a kernel over
 *     rows: the query heads of a key head, a few queries
 * @param scratchBytes largest row kept in a kernel's scratch memory
 * @param batchBytes most scratch memory that a kernel over batches of matrices needs for one
 * @param minRows fewest points that a kernel over rows may have, unless it is small; results that
 *     are enough for a reduction to be computed in parallel
 * @param minRowLength fewest elements of a row for which something is computed once
 * @param minBlockRows fewest rows of a block into which a kernel over batches is divided
 * @param smallElements what counts as small
 * @param maxParts most parts that a long reduction is split into
 * @param minPart fewest elements that are worth such a part
 */
public record FusionLimits(
    InstructionCosts costs,
    int maxUses,
    int maxWidenings,
    int maxDepth,
    int maxMembers,
    int maxReductions,
    int maxBuffers,
    int maxStored,
    int unrolled,
    int maxVectors,
    int scratchBytes,
    int batchBytes,
    int minRows,
    int minRowLength,
    int minBlockRows,
    int smallElements,
    int maxParts,
    int minPart) {}
