/** From the text of an {@code .arch} file to a checked model. */
package dev.lgc.dsl;
