package dev.lgc.compiler.rewrite;

import dev.lgc.compiler.graph.Node;
import dev.lgc.dsl.model.SourcePlace;
import dev.lgc.dsl.text.Text;

/**
 * A reason for which something cannot be derived from a model, in its author's terms.
 *
 * @param where the expression
 * @param module the sub-block instance it belongs to
 * @param operation the op that stands in the way
 * @param found what it does
 * @param expected what would fit
 */
public record Problem(
    SourcePlace where, String module, String operation, String found, String expected) {
  static Problem at(Node n, String found, String expected) {
    return new Problem(n.origin().where(), n.origin().module(), n.op().name(), found, expected);
  }

  @Override
  public String toString() {
    return Text.format(
        "%s: %s%s %s; %s",
        where, operation, module.isEmpty() ? "" : " in " + module, found, expected);
  }
}
