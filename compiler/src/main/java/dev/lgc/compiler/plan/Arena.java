package dev.lgc.compiler.plan;

/** The memory regions of a session. */
public enum Arena {
  /** Parameters with their scales, buffers and frozen weights. */
  PARAMETERS,
  /** Gradients, optimizer moments, averages, caches. */
  STATE,
  /** Tables computed at compile time. */
  CONSTANTS,
  /** Inputs and outputs of steps. */
  IO,
  /** Intermediate results of one step. */
  WORK
}
