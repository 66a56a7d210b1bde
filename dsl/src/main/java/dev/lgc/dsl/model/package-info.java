/**
 * The result of the front end, and all that the compiler reads: a model whose every size is known.
 *
 * <pre>
 * CheckedModel ::= name argument* fact* dimension* Storage* Entry* TokenizerFacts? SubBlock*
 * SubBlock     ::= path block argument*
 * Storage      ::= path Role TensorType Init place
 * Entry        ::= name Kind Definition* output* report* export* update* over* generated place
 * Definition   ::= Input(name, type) | Read(path, type) | Call(operation, operand*, attribute*, type, module)
 * </pre>
 *
 * <p>{@link dev.lgc.dsl.model.Dump} writes it as text. Facts are {@code Long}, {@code Double},
 * {@code Boolean} or {@code String}.
 */
package dev.lgc.dsl.model;
