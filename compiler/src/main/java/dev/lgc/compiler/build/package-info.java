/** From an elaborated entry to its graph: the language's operations in terms of the compiler's. */
package dev.lgc.compiler.build;
