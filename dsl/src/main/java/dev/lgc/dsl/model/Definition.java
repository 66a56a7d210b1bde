package dev.lgc.dsl.model;

import dev.lgc.dsl.type.TensorType;

/**
 * The definition of one value of an {@link Entry}. Values are numbered by their position in {@link
 * Entry#values()}; operands always have smaller numbers.
 *
 * <pre>
 * Definition ::= Input(name, type) | Read(path, type) | Call(operation, operands, attributes, type)
 * </pre>
 */
public sealed interface Definition permits Definition.Input, Definition.Read, Call {
  TensorType type();

  SourcePlace where();

  /** A tensor handed in by the caller of the entry, by name. */
  record Input(String name, TensorType type, SourcePlace where) implements Definition {}

  /** The value a parameter or buffer has when the entry starts, by path. */
  record Read(String path, TensorType type, SourcePlace where) implements Definition {}
}
