/**
 * The syntax tree: the source as written, with a span on every node and without any meaning yet.
 *
 * <pre>
 * ArchFile  ::= Item*
 * Item      ::= Import(path) | Block(model?, name, Param*, is?, Stmt*) | Scale(name, Param*, Row*)
 *             | Interface(name, Param*) | Variant(name, Param*, base, Change*) | Function(FunctionDecl) | Let(name, Expr)
 * Row       ::= name Expr                Change ::= PathPattern Expr
 * Param     ::= name TypeExpr Expr?
 * TypeExpr  ::= Named(name) | Tensor(element?, leading?, Expr*)
 * FunctionDecl ::= name Param* TypeExpr* Stmt*
 *
 * Stmt      ::= Require(Expr, message?) | Let(name, Expr) | LetTuple(name*, Expr) | Store(buffer?, name, TypeExpr, Expr?)
 *             | Assign(frozen?, name, Expr) | Function(FunctionDecl) | Forward(FunctionDecl)
 *             | Objective(name, Param*, PathPattern*, Stmt*) | Generate(name, Expr, Given*, Stmt*)
 *             | For(name, Expr, Stmt*) | If(Expr, Stmt*, Stmt*) | Return(Expr) | Minimize(Expr)
 *             | Report(name, Expr) | Export(name, Expr) | Update(Expr, Expr) | Null(name?, Expr)
 * Given     ::= name TypeExpr (name Expr)?
 *
 * Expr      ::= IntLiteral | FloatLiteral | BoolLiteral | NoneLiteral | StringLiteral(text, (Expr, text)*) | Name
 *             | Tuple(Expr*) | ListOf(Expr*) | Comprehension(Expr, (name, Expr)+, Expr?) | Container((name, Expr)*)
 *             | Field(Expr, name) | Call(Expr, (name?, Expr)*) | Index(Expr, Subscript*)
 *             | Unary(op, Expr) | Binary(op, Expr, Expr) | Range(Expr, Expr) | Choose(Expr, Expr, Expr)
 * Subscript ::= At(Expr) | Slice(Expr?, Expr?)
 *
 * PathPattern ::= Step+
 * Step      ::= Named(name) | At(Expr) | AnyIndex | Any | Deep
 * </pre>
 *
 * <p>Walk it with a pattern-matching {@code switch}; {@link dev.lgc.dsl.ast.Expr#children()} serves
 * where every expression is treated alike. {@code = expr} bodies are one {@code return}; {@code
 * else if} is an {@code else} with one {@code if}.
 */
package dev.lgc.dsl.ast;
