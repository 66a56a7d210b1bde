package dev.lgc.dsl.ast;

import dev.lgc.dsl.source.Span;
import java.util.List;

/**
 * A function, or a forward.
 *
 * @param name empty for the unnamed forward
 * @param params static values and tensors
 * @param results declared result types; empty if not declared
 * @param tuple whether the results are written in parentheses
 * @param body statements; {@code = expr} is one return
 */
public record FunctionDecl(
    Ident name,
    List<Param> params,
    List<TypeExpr> results,
    boolean tuple,
    List<Stmt> body,
    Span span) {
  public FunctionDecl {
    params = List.copyOf(params);
    results = List.copyOf(results);
    body = List.copyOf(body);
  }
}
