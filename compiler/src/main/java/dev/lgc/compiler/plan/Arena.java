package dev.lgc.compiler.plan;

/** The memory regions of a session. */
public enum Arena {
  /** Parameters with their scales, buffers and frozen weights. */
  PARAMETERS,
  /** Optimizer moments, averages, caches. */
  STATE,
  /**
   * Gradients. In main memory this is where WORK begins; a device may keep them apart. Until a step
   * has written them, intermediate results of that step may lie there.
   */
  GRADIENTS,
  /** Tables computed at compile time. */
  CONSTANTS,
  /** Inputs and outputs of steps. */
  IO,
  /** Intermediate results of one step; its first bytes are those of GRADIENTS. */
  WORK
}
