/**
 * What a tensor is: element type and shape; and the operations that the language gives to authors.
 *
 * <pre>
 * TensorType ::= DType Shape
 * Shape      ::= extent*
 * </pre>
 */
package dev.lgc.dsl.type;
