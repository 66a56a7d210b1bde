/** The lexer and parser that ANTLR generates from {@code Arch.g4}. */
package dev.lgc.grammar;
