package dev.lgc.dsl.ast;

import java.util.Optional;

/** {@code name: type = standard}. */
public record Param(Ident name, TypeExpr type, Optional<Expr> standard) {}
