package dev.lgc.compiler.emit.tornado;

import dev.lgc.compiler.graph.Origin;
import dev.lgc.dsl.model.SourcePlace;
import dev.lgc.dsl.text.Text;

/** Something that a plan does and this target cannot. */
public final class UnsupportedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient Origin origin;

  /**
   * @param what the op or value in question
   * @param origin the {@code .arch} line it comes from
   * @param why what the target lacks
   */
  public UnsupportedException(String what, Origin origin, String why) {
    super(
        origin.where().equals(SourcePlace.NONE)
            ? what + ": " + why
            : Text.format("%s (%s): %s", what, origin.where(), why));
    this.origin = origin;
  }

  /** The {@code .arch} line. */
  public Origin origin() {
    return origin;
  }
}
