/** Reverse-mode differentiation of graphs. */
package dev.lgc.compiler.autodiff;
