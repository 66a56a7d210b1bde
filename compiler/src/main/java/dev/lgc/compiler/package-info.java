/** From a checked model to kernels and an execution plan. */
package dev.lgc.compiler;
