package dev.lgc.dsl.format;

import dev.lgc.grammar.ArchLexer;
import dev.lgc.grammar.ArchParser;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.tree.ParseTree;
import org.antlr.v4.runtime.tree.TerminalNode;

/** The roles of tokens in the parse tree on which the layout depends, by token index. */
final class Roles {
  /** A token's part in the layout. */
  enum Role {
    /** Sticks to the token before it: the parenthesis of a call. */
    TIGHT,
    /** Sticks to what follows: a minus sign. */
    PREFIX,
    /** The colon of a slice, tight on both sides. */
    SLICE,
    /** The colon before a message, spaced on both sides. */
    SPACED,
    /** Begins a statement, row or member. */
    START,
    /** Begins an item of the file. */
    ITEM,
    /** The {@code =} that neighbouring lines align. */
    ALIGN
  }

  /** Braces with what is between them. */
  record Braces(int open, int close, int parts) {}

  private final Map<Integer, Set<Role>> roles = new HashMap<>();
  private final Map<Integer, Braces> opens = new HashMap<>();
  private final Map<Integer, Braces> closes = new HashMap<>();

  private Roles() {}

  static Roles of(ArchParser.FileContext file) {
    Roles r = new Roles();
    r.walk(file);
    return r;
  }

  boolean is(Token t, Role role) {
    return roles.getOrDefault(t.getTokenIndex(), Set.of()).contains(role);
  }

  Braces opening(Token t) {
    return opens.get(t.getTokenIndex());
  }

  Braces closing(Token t) {
    return closes.get(t.getTokenIndex());
  }

  private void put(Token t, Role role) {
    roles.computeIfAbsent(t.getTokenIndex(), _ -> EnumSet.noneOf(Role.class)).add(role);
  }

  private void walk(ParserRuleContext c) {
    switch (c) {
      case ArchParser.ItemContext _ -> put(c.getStart(), Role.ITEM);
      case ArchParser.StatementContext _,
          ArchParser.ScaleRowContext _,
          ArchParser.FactContext _,
          ArchParser.OverrideContext _,
          ArchParser.MemberContext _ ->
          put(c.getStart(), Role.START);
      default -> {}
    }
    int parts = 0;
    Token open = null;
    for (ParseTree child : c.children) {
      switch (child) {
        case ParserRuleContext inner -> {
          walk(inner);
          parts += isPart(inner) ? 1 : 0;
        }
        case TerminalNode leaf -> {
          Token t = leaf.getSymbol();
          terminal(c, t);
          if (t.getText().equals("{")) {
            open = t;
          } else if (t.getText().equals("}") && open != null) {
            Braces b = new Braces(open.getTokenIndex(), t.getTokenIndex(), parts);
            opens.put(b.open(), b);
            closes.put(b.close(), b);
          }
        }
        default -> {}
      }
    }
  }

  private static boolean isPart(ParserRuleContext c) {
    return c instanceof ArchParser.StatementContext
        || c instanceof ArchParser.ScaleRowContext
        || c instanceof ArchParser.FactContext
        || c instanceof ArchParser.OverrideContext;
  }

  private void terminal(ParserRuleContext c, Token t) {
    String s = t.getText();
    switch (c) {
      case ArchParser.CallContext _, ArchParser.ParamsContext _ when s.equals("(") ->
          put(t, Role.TIGHT);
      case ArchParser.IndexContext _,
          ArchParser.PathIndexContext _,
          ArchParser.GenerateStatementContext _
          when s.equals("[") ->
          put(t, Role.TIGHT);
      case ArchParser.TensorTypeContext x when s.equals("[") && x.name() != null ->
          put(t, Role.TIGHT);
      case ArchParser.NegateContext _ when t.getType() != ArchLexer.EOF -> put(t, Role.PREFIX);
      case ArchParser.SubscriptContext _ -> put(t, Role.SLICE);
      case ArchParser.RequireStatementContext _ when s.equals(":") -> put(t, Role.SPACED);
      case ArchParser.AssignStatementContext _,
          ArchParser.ScaleRowContext _,
          ArchParser.OverrideContext _
          when s.equals("=") ->
          put(t, Role.ALIGN);
      default -> {}
    }
  }

  /** All braces, outermost first. */
  List<Braces> braces() {
    return new ArrayList<>(opens.values());
  }
}
