package dev.lgc.dsl.ast;

import dev.lgc.dsl.source.Span;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** An expression, over static values and tensors alike. */
public sealed interface Expr {
  Span span();

  /** A whole number. */
  record IntLiteral(long value, Span span) implements Expr {}

  /** A number with a point or an exponent. */
  record FloatLiteral(double value, Span span) implements Expr {}

  /** {@code true}, {@code false}. */
  record BoolLiteral(boolean value, Span span) implements Expr {}

  /** {@code none}: an absent sub-block or an argument left out. */
  record NoneLiteral(Span span) implements Expr {}

  /** A string: {@code texts} and {@code values} alternate, beginning and ending with a text. */
  record StringLiteral(List<String> texts, List<Expr> values, Span span) implements Expr {
    public StringLiteral {
      texts = List.copyOf(texts);
      values = List.copyOf(values);
      if (texts.size() != values.size() + 1) {
        throw new IllegalArgumentException("texts and values alternate");
      }
    }
  }

  /** The value of a name. */
  record Name(String name, Span span) implements Expr {}

  /** {@code (a, b)}. */
  record Tuple(List<Expr> elements, Span span) implements Expr {
    public Tuple {
      elements = List.copyOf(elements);
    }
  }

  /** {@code [a, b]}. */
  record ListOf(List<Expr> elements, Span span) implements Expr {
    public ListOf {
      elements = List.copyOf(elements);
    }
  }

  /** {@code [element for a in x for b in y if condition]}. */
  record Comprehension(Expr element, List<Clause> clauses, Optional<Expr> condition, Span span)
      implements Expr {
    public Comprehension {
      clauses = List.copyOf(clauses);
    }
  }

  /** {@code for name in values}. */
  record Clause(Ident name, Expr values) {}

  /** <code>{ a = X(), b = Y() }</code>: sub-blocks under a common name. */
  record Container(List<Member> members, Span span) implements Expr {
    public Container {
      members = List.copyOf(members);
    }
  }

  /** {@code name = value} in a container. */
  record Member(Ident name, Expr value) {}

  /** {@code target.name}. */
  record Field(Expr target, Ident name, Span span) implements Expr {}

  /** {@code callee(arguments)}. */
  record Call(Expr callee, List<Argument> arguments, Span span) implements Expr {
    public Call {
      arguments = List.copyOf(arguments);
    }
  }

  /** {@code value} or {@code name: value}. */
  record Argument(Optional<Ident> name, Expr value) {}

  /** {@code target[subscripts]}. */
  record Index(Expr target, List<Subscript> subscripts, Span span) implements Expr {
    public Index {
      subscripts = List.copyOf(subscripts);
    }
  }

  /** {@code at}, or {@code from:to} with either end left out. */
  sealed interface Subscript {
    /** One position. */
    record At(Expr index) implements Subscript {}

    /** A slice. */
    record Slice(Optional<Expr> from, Optional<Expr> to, Span span) implements Subscript {}
  }

  /** {@code -operand} or {@code not operand}. */
  record Unary(UnaryOp op, Expr operand, Span span) implements Expr {}

  /** {@code left op right}. */
  record Binary(BinaryOp op, Expr left, Expr right, Span span) implements Expr {}

  /** {@code from..to}: the whole numbers from {@code from} to before {@code to}. */
  record Range(Expr from, Expr to, Span span) implements Expr {}

  /** {@code if condition then yes else no}. */
  record Choose(Expr condition, Expr yes, Expr no, Span span) implements Expr {}

  /** Operators before their operand. */
  enum UnaryOp {
    NEGATE,
    NOT
  }

  /** Operators between their operands. */
  enum BinaryOp {
    ADD("+"),
    SUB("-"),
    MUL("*"),
    DIV("/"),
    MOD("%"),
    LT("<"),
    LE("<="),
    GT(">"),
    GE(">="),
    EQ("=="),
    NE("!="),
    AND("and"),
    OR("or");

    private final String sign;

    BinaryOp(String sign) {
      this.sign = sign;
    }

    /** As written. */
    public String sign() {
      return sign;
    }

    /** The operator written so. */
    public static BinaryOp of(String sign) {
      for (BinaryOp op : values()) {
        if (op.sign.equals(sign)) {
          return op;
        }
      }
      throw new IllegalArgumentException(sign);
    }
  }

  /** The expressions directly inside, in source order. */
  default List<Expr> children() {
    return switch (this) {
      case IntLiteral _, FloatLiteral _, BoolLiteral _, NoneLiteral _, Name _ -> List.of();
      case StringLiteral s -> s.values();
      case Tuple t -> t.elements();
      case ListOf l -> l.elements();
      case Comprehension c -> {
        List<Expr> all = new ArrayList<>(List.of(c.element()));
        c.clauses().forEach(k -> all.add(k.values()));
        c.condition().ifPresent(all::add);
        yield all;
      }
      case Container c -> c.members().stream().map(Member::value).toList();
      case Field f -> List.of(f.target());
      case Call c -> {
        List<Expr> all = new ArrayList<>(List.of(c.callee()));
        c.arguments().forEach(a -> all.add(a.value()));
        yield all;
      }
      case Index i -> {
        List<Expr> all = new ArrayList<>(List.of(i.target()));
        for (Subscript s : i.subscripts()) {
          switch (s) {
            case Subscript.At at -> all.add(at.index());
            case Subscript.Slice slice -> {
              slice.from().ifPresent(all::add);
              slice.to().ifPresent(all::add);
            }
          }
        }
        yield all;
      }
      case Unary u -> List.of(u.operand());
      case Binary b -> List.of(b.left(), b.right());
      case Range r -> List.of(r.from(), r.to());
      case Choose c -> List.of(c.condition(), c.yes(), c.no());
    };
  }
}
