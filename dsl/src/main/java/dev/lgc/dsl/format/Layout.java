package dev.lgc.dsl.format;

import dev.lgc.dsl.format.Roles.Role;
import dev.lgc.grammar.ArchLexer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.antlr.v4.runtime.Token;

/**
 * Puts tokens and comments on lines. Line ends inside an expression stay where the author put them;
 * spaces, indentation, the lines of statements, blank lines and alignment are ours.
 */
final class Layout {
  private static final int INDENT = 2;
  private static final int CONTINUED = 4;

  private final List<Token> tokens;
  private final Roles roles;
  private final Set<Integer> spread = new HashSet<>();
  private final List<Line> lines = new ArrayList<>();
  private final Deque<Nest> nests = new ArrayDeque<>();
  private Line line = new Line(0);
  private int depth;

  /** An open bracket: where the lines inside it begin. */
  private record Nest(String open, int column) {}

  Layout(List<Token> tokens, Roles roles) {
    this.tokens = tokens.stream().filter(t -> t.getType() != ArchLexer.SPACE).toList();
    this.roles = roles;
    for (Roles.Braces b : roles.braces()) {
      if (b.parts() > 1 || tokens.get(b.open()).getLine() != tokens.get(b.close()).getLine()) {
        spread.add(b.open());
      }
    }
  }

  String run() {
    Token before = null;
    boolean itemSpread = false;
    for (int i = 0; i < tokens.size(); i++) {
      Token t = tokens.get(i);
      if (t.getType() == Token.EOF) {
        break;
      }
      boolean newline = before != null && t.getLine() > lastLine(before);
      boolean blank = before != null && t.getLine() > lastLine(before) + 1;
      if (isComment(t)) {
        comment(t, before, newline, blank, i);
        before = t;
        continue;
      }
      Roles.Braces closing = roles.closing(t);
      boolean starts = roles.is(t, Role.ITEM) || roles.is(t, Role.START) && inSpread();
      if (closing != null && spread.contains(closing.open())) {
        end();
        depth--;
        nests.pop();
        line = new Line(INDENT * depth);
        put(t, false);
        line.leaving = true;
      } else if (starts) {
        boolean first = before == null || roles.opening(before) != null;
        boolean leading = before != null && isComment(before) && line.isEmpty();
        end();
        if (roles.is(t, Role.ITEM)) {
          boolean wide = isSpread(i);
          if (before != null && !leading && (blank || wide || itemSpread)) {
            blank();
          } else if (leading && blank) {
            blank();
          }
          itemSpread = wide;
        } else if (blank && !first) {
          blank();
        }
        line = new Line(INDENT * depth);
        line.starting = true;
        put(t, false);
      } else {
        boolean keep =
            newline && !line.isEmpty() && roles.opening(t) == null && !t.getText().equals(",");
        if (line.isEmpty() && !lines.isEmpty() && !isClosing(t) && line.indent == INDENT * depth) {
          line = new Line(continuation(t));
        } else if (keep) {
          end();
          line = new Line(continuation(t));
          line.continued = true;
        }
        put(t, !line.isEmpty() && spaced(previous(i), t));
      }
      nest(t, i);
      before = t;
    }
    end();
    return Line.join(lines);
  }

  private static int lastLine(Token t) {
    return t.getLine() + (int) t.getText().chars().filter(c -> c == '\n').count();
  }

  private static boolean isComment(Token t) {
    return t.getChannel() == 2;
  }

  private static boolean isClosing(Token t) {
    return t.getText().equals(")") || t.getText().equals("]") || t.getText().equals("}");
  }

  private boolean inSpread() {
    return !nests.isEmpty() && nests.peek().open().equals("spread");
  }

  /** Returns true if the item that begins at a token takes several lines. */
  private boolean isSpread(int from) {
    for (int i = from + 1; i < tokens.size(); i++) {
      Token t = tokens.get(i);
      if (roles.is(t, Role.ITEM)) {
        return false;
      }
      if (spread.contains(t.getTokenIndex())) {
        return true;
      }
    }
    return false;
  }

  private Token previous(int i) {
    return tokens.get(i - 1);
  }

  private void comment(Token t, Token before, boolean newline, boolean blank, int i) {
    boolean own = before == null || newline;
    boolean toLineEnd = t.getType() != ArchLexer.BLOCK_COMMENT;
    String text = toLineEnd ? t.getText().stripTrailing() : t.getText().replace("\r\n", "\n");
    if (!own) {
      if (toLineEnd) {
        line.comment = text;
        end();
        line = new Line(INDENT * depth);
      } else {
        line.add(text, true);
      }
      return;
    }
    boolean inside = !nests.isEmpty() && !inSpread();
    end();
    boolean item = nests.isEmpty() && !lines.isEmpty() && beforeSpreadItem(i);
    if ((blank || item && !isComment(before))
        && !lines.isEmpty()
        && !(before != null && roles.opening(before) != null)) {
      blank();
    }
    line = new Line(inside ? continuation(t) : INDENT * depth);
    line.add(text, false);
    if (toLineEnd) {
      end();
      line = new Line(INDENT * depth);
    }
  }

  /** Returns true if only comments stand between here and an item of several lines. */
  private boolean beforeSpreadItem(int i) {
    int k = i;
    while (k < tokens.size() && isComment(tokens.get(k))) {
      k++;
    }
    return k < tokens.size() && roles.is(tokens.get(k), Role.ITEM) && isSpread(k);
  }

  private void put(Token t, boolean space) {
    if (roles.is(t, Role.ALIGN)) {
      line.align = line.width() + (space ? 1 : 0);
    }
    line.add(t.getText(), space);
  }

  private void nest(Token t, int i) {
    String s = t.getText();
    boolean string = t.getType() == ArchLexer.STRING;
    if (string) {
      return;
    }
    if (s.equals("{") && spread.contains(t.getTokenIndex())) {
      depth++;
      nests.push(new Nest("spread", 0));
    } else if (s.equals("(") || s.equals("[") || s.equals("{")) {
      Token next = tokens.get(i + 1);
      boolean hanging =
          next.getLine() > t.getLine() && roles.opening(next) == null || isComment(next);
      nests.push(new Nest(s, hanging ? -1 : line.width()));
    } else if (isClosing(t) && roles.closing(t) == null
        || s.equals("}") && !spread.contains(roles.closing(t).open())) {
      nests.pop();
    }
  }

  /** The column of a line that continues a statement. */
  private int continuation(Token t) {
    int base = INDENT * depth;
    if (nests.isEmpty() || inSpread()) {
      return base + CONTINUED;
    }
    int hanging = 0;
    for (Nest n : nests) {
      if (n.open().equals("spread")) {
        break;
      }
      if (n.column() >= 0) {
        if (hanging == 0) {
          return n.column();
        }
        return n.column() + INDENT * (isClosing(t) ? hanging - 1 : hanging);
      }
      hanging++;
    }
    return base + INDENT * (isClosing(t) ? hanging - 1 : hanging);
  }

  private boolean spaced(Token a, Token b) {
    String x = a.getText();
    String y = b.getText();
    if (isComment(a) || a.getType() == ArchLexer.STRING && b.getType() == ArchLexer.STRING) {
      return true;
    }
    if (roles.is(b, Role.TIGHT)
        || roles.is(a, Role.PREFIX)
        || roles.is(a, Role.SLICE)
        || roles.is(b, Role.SLICE)) {
      return y.equals("]") || roles.is(b, Role.SLICE) && x.equals(",");
    }
    if (x.equals("(")
        || x.equals("[")
        || y.equals(")")
        || y.equals("]")
        || y.equals(",")
        || y.equals(".")
        || x.equals(".")) {
      return false;
    }
    if (x.equals("..") || y.equals("..")) {
      return false;
    }
    if (y.equals(":")) {
      return roles.is(b, Role.SPACED);
    }
    return !(x.equals("{") && y.equals("}"));
  }

  private void end() {
    if (!line.isEmpty()) {
      lines.add(line);
      line = new Line(INDENT * depth);
    }
  }

  private void blank() {
    if (!lines.isEmpty() && !lines.getLast().isBlank()) {
      lines.add(new Line(0));
    }
  }
}
