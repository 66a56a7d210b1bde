package dev.lgc.dsl.resolve;

import dev.lgc.dsl.ast.Stmt;

/** The bodies in which statements stand. */
enum Place {
  BLOCK("a block"),
  MODEL("a model"),
  BODY("a forward or function"),
  OBJECTIVE("an objective"),
  GENERATOR("a generator");

  /** The place in words, with its article. */
  final String words;

  Place(String words) {
    this.words = words;
  }

  /** Returns true if the statement may stand here. */
  boolean allows(Stmt s) {
    boolean declaring = this == BLOCK || this == MODEL;
    return switch (s) {
      case Stmt.Require _, Stmt.Let _, Stmt.LetTuple _, Stmt.For _, Stmt.If _, Stmt.Function _ ->
          true;
      case Stmt.Assign a -> declaring || !a.frozen();
      case Stmt.Store _, Stmt.Forward _ -> declaring;
      case Stmt.Objective _, Stmt.Generate _ -> this == MODEL;
      case Stmt.Return _ -> this == BODY || this == GENERATOR;
      case Stmt.Update _ -> this == BODY || this == OBJECTIVE;
      case Stmt.Minimize _, Stmt.Report _, Stmt.Export _ -> this == OBJECTIVE;
      case Stmt.Null _ -> this == GENERATOR;
    };
  }
}
