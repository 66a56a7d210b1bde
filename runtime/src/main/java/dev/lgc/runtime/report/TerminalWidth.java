package dev.lgc.runtime.report;

import dev.lgc.runtime.tensor.SystemCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** The columns of the user's terminal, as they are now: windows change their size. */
public final class TerminalWidth {
  private static final int USUAL = 80;

  /** Linux's request for the size of a terminal: four unsigned shorts, rows first. */
  private static final long TIOCGWINSZ = 0x5413;

  private static final MethodHandle IOCTL =
      SystemCalls.handle(
          "ioctl",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG,
              ValueLayout.ADDRESS),
          Linker.Option.firstVariadicArg(2));

  private static final MethodHandle OPEN =
      SystemCalls.handle(
          "open",
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
          Linker.Option.firstVariadicArg(2));

  /** The terminal, however the standard streams were redirected; negative if there is none. */
  private static final int TERMINAL = terminal();

  private TerminalWidth() {}

  /** The columns; those that COLUMNS says, or 80, where no terminal tells. */
  public static int columns() {
    int asked = ask(TERMINAL);
    return asked > 0 ? asked : said(System.getenv("COLUMNS"));
  }

  /** The width that a variable says; the usual width if it says none. */
  static int said(String columns) {
    return columns != null && columns.matches("[1-9][0-9]{0,3}")
        ? Integer.parseInt(columns)
        : USUAL;
  }

  private static int terminal() {
    for (int standard : new int[] {2, 1, 0}) {
      if (ask(standard) > 0) {
        return standard;
      }
    }
    if (OPEN == null) {
      return -1;
    }
    try (Arena arena = Arena.ofConfined()) {
      return (int) OPEN.invokeExact(arena.allocateFrom("/dev/tty"), 0);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static int ask(int descriptor) {
    if (IOCTL == null || descriptor < 0) {
      return 0;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment size = arena.allocate(ValueLayout.JAVA_SHORT, 4);
      int failed = (int) IOCTL.invokeExact(descriptor, TIOCGWINSZ, size);
      return failed == 0 ? Short.toUnsignedInt(size.getAtIndex(ValueLayout.JAVA_SHORT, 1)) : 0;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
