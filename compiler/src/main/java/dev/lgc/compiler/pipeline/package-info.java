/**
 * The compiler's front door: from a checked model and what a plan shall be able to do to graphs,
 * and on to the execution plan. The passes and their order are in {@link
 * dev.lgc.compiler.pipeline.Compiler}; the last, which is told how much memory is left, is run by
 * {@link dev.lgc.compiler.pipeline.Fitting}.
 */
package dev.lgc.compiler.pipeline;
