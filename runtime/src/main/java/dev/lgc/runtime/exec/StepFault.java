package dev.lgc.runtime.exec;

import dev.lgc.compiler.graph.Origin;
import dev.lgc.compiler.plan.Call;
import dev.lgc.dsl.text.Text;

/** The failure of a step: an index outside of its tensor, or a number gone wrong. */
public final class StepFault extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient Call call;

  public StepFault(Call call, String message, Throwable cause) {
    super(Text.format("%s (%s): %s", call.label(), place(call.origin()), message), cause);
    this.call = call;
  }

  private static String place(Origin origin) {
    String where = origin.where().toString();
    String derived = origin.derivation().isEmpty() ? "" : ", " + origin.derivation();
    return where + derived;
  }

  /** Returns true if the call that failed is from a line of an {@code .arch} file. */
  public boolean hasLine() {
    return call.origin().where().line() > 0;
  }

  /** The call that failed. */
  public Call call() {
    return call;
  }
}
