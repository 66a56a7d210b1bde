package dev.lgc.dsl.ast;

import dev.lgc.dsl.source.Span;
import java.util.List;
import java.util.Optional;

/** A declaration at the top level of a file. */
public sealed interface Item {
  Span span();

  /** {@code import "file.arch"}. */
  record Import(String path, Span span) implements Item {}

  /** An item that others can name. */
  sealed interface Named extends Item {
    Ident name();
  }

  /** {@code block Name(params) { … }} or {@code model Name(params) is Interface { … }}. */
  record Block(
      boolean model, Ident name, List<Param> params, Optional<Ident> is, List<Stmt> body, Span span)
      implements Named {
    public Block {
      params = List.copyOf(params);
      body = List.copyOf(body);
    }
  }

  /** <code>scale Name(params) { row = (…) }</code>. */
  record Scale(Ident name, List<Param> params, List<Row> rows, Span span) implements Named {
    public Scale {
      params = List.copyOf(params);
      rows = List.copyOf(rows);
    }
  }

  /** One row of a scale. */
  record Row(Ident name, Expr value) {}

  /** <code>interface Name { fact: type }</code>. */
  record Interface(Ident name, List<Param> facts, Span span) implements Named {
    public Interface {
      facts = List.copyOf(facts);
    }
  }

  /** <code>variant Name(params) of Base { path = value }</code>. */
  record Variant(Ident name, List<Param> params, Ident base, List<Change> changes, Span span)
      implements Named {
    public Variant {
      params = List.copyOf(params);
      changes = List.copyOf(changes);
    }
  }

  /** One change of a variant. */
  record Change(PathPattern path, Expr value) {}

  /** A function at the top level. */
  record Function(FunctionDecl function) implements Named {
    @Override
    public Ident name() {
      return function.name();
    }

    @Override
    public Span span() {
      return function.span();
    }
  }

  /** {@code let name = value} at the top level. */
  record Let(Ident name, Expr value, Span span) implements Named {}
}
