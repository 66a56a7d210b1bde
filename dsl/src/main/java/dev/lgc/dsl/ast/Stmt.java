package dev.lgc.dsl.ast;

import dev.lgc.dsl.source.Span;
import java.util.List;
import java.util.Optional;

/** A statement of a block, or of the body of a forward, function, objective or generator. */
public sealed interface Stmt {
  Span span();

  /** {@code require condition : "message"}. */
  record Require(Expr condition, Optional<Expr.StringLiteral> message, Span span) implements Stmt {}

  /** {@code let name = value}. */
  record Let(Ident name, Expr value, Span span) implements Stmt {}

  /** {@code let (a, b) = value}. */
  record LetTuple(List<Ident> names, Expr value, Span span) implements Stmt {
    public LetTuple {
      names = List.copyOf(names);
    }
  }

  /** {@code param name: type = init} or {@code buffer …}. */
  record Store(boolean buffer, Ident name, TypeExpr type, Optional<Expr> init, Span span)
      implements Stmt {}

  /** {@code name = value}: a sub-block in a block, an assignment to a variable in a body. */
  record Assign(boolean frozen, Ident name, Expr value, Span span) implements Stmt {}

  /** A static or tensor function inside a block. */
  record Function(FunctionDecl function) implements Stmt {
    @Override
    public Span span() {
      return function.span();
    }
  }

  /**
   * {@code forward name(inputs) -> results { … }}; the unnamed one is called as the block itself.
   */
  record Forward(FunctionDecl function) implements Stmt {
    @Override
    public Span span() {
      return function.span();
    }
  }

  /** {@code objective name(inputs) over paths { … }}. */
  record Objective(
      Ident name, List<Param> inputs, List<PathPattern> over, List<Stmt> body, Span span)
      implements Stmt {
    public Objective {
      inputs = List.copyOf(inputs);
      over = List.copyOf(over);
      body = List.copyOf(body);
    }
  }

  /** {@code generate name[count] given conditions { … }}. */
  record Generate(Ident name, Expr count, List<Given> given, List<Stmt> body, Span span)
      implements Stmt {
    public Generate {
      given = List.copyOf(given);
      body = List.copyOf(body);
    }
  }

  /** {@code name: type}, optionally {@code null name = value}. */
  record Given(Ident name, TypeExpr type, Optional<Ident> nullName, Optional<Expr> nullValue) {}

  /** {@code for name in values { … }}. */
  record For(Ident name, Expr values, List<Stmt> body, Span span) implements Stmt {
    public For {
      body = List.copyOf(body);
    }
  }

  /** {@code if condition { … } else { … }}; an {@code else if} is a list of one. */
  record If(Expr condition, List<Stmt> yes, List<Stmt> no, Span span) implements Stmt {
    public If {
      yes = List.copyOf(yes);
      no = List.copyOf(no);
    }
  }

  /** {@code return value}. */
  record Return(Expr value, Span span) implements Stmt {}

  /** {@code minimize value}. */
  record Minimize(Expr value, Span span) implements Stmt {}

  /** {@code report name = value}: a scalar to log. */
  record Report(Ident name, Expr value, Span span) implements Stmt {}

  /** {@code export name = value}: an input of later objectives. */
  record Export(Ident name, Expr value, Span span) implements Stmt {}

  /** {@code update target = value}: a buffer's value after the step. */
  record Update(Expr target, Expr value, Span span) implements Stmt {}

  /**
   * {@code null name: value}: the condition of unguided generation; without a name, of the first
   * given.
   */
  record Null(Optional<Ident> name, Expr value, Span span) implements Stmt {}
}
