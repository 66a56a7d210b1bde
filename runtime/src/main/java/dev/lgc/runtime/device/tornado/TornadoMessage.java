package dev.lgc.runtime.device.tornado;

/** The text that TornadoVM's exceptions have for a user. */
final class TornadoMessage {
  private TornadoMessage() {}

  /**
   * The message of an exception's innermost cause that has one, on one line, without colours, and
   * without what TornadoVM says but never does here.
   */
  static String of(Throwable e) {
    String said = "";
    for (Throwable t = e; t != null; t = t.getCause()) {
      String m = t.getMessage();
      if (m != null && !m.isBlank()) {
        said =
            m.replaceAll(
                    "\u001b\\[[0-9;]*m|\\[[A-Z]+\\] | Deoptimizing to sequential execution\\.", "")
                .strip()
                .lines()
                .findFirst()
                .orElse("");
      } else if (said.isEmpty()) {
        said = t.getClass().getSimpleName();
      }
    }
    return said;
  }
}
