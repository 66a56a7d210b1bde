/**
 * The types of tensors, which are an element type and a shape, and the operations of the language.
 *
 * <pre>
 * TensorType ::= DType Shape
 * Shape      ::= extent*
 * </pre>
 */
package dev.lgc.dsl.type;
