package dev.lgc.runtime.exec;

import dev.lgc.compiler.graph.Origin;
import dev.lgc.compiler.plan.KernelCall;
import dev.lgc.dsl.text.Text;

/** A step could not be computed: an index outside of its tensor, or a number gone wrong. */
public final class StepFault extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient KernelCall call;

  public StepFault(KernelCall call, String message, Throwable cause) {
    super(Text.format("%s (%s): %s", call.label(), place(call.origin()), message), cause);
    this.call = call;
  }

  private static String place(Origin origin) {
    String where = origin.where().toString();
    String derived = origin.derivation().isEmpty() ? "" : ", " + origin.derivation();
    return where + derived;
  }

  /** The call that failed. */
  public KernelCall call() {
    return call;
  }
}
