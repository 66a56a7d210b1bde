/**
 * Off-heap memory: the arenas of a plan, and typed views of places in them.
 *
 * <p>Everything a model needs lives in a few large native blocks, allocated once per session. Pages
 * are touched by whoever writes them first, so what a step never uses costs no memory. Parameters
 * may be a block of a file ({@link dev.lgc.runtime.tensor.NativeBlock#of}), which costs none at all
 * where the system has it already.
 */
package dev.lgc.runtime.tensor;
