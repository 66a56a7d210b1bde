package dev.lgc.runtime.dist;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.lgc.runtime.tensor.SystemCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The JVM's signal handlers. It lives on signals: a null that is dereferenced is a SIGSEGV. Some
 * transports below MPI put handlers of their own in place when they are loaded.
 */
final class SignalHandlers {
  /** HUP, INT, QUIT, ILL, TRAP, BUS, FPE, SEGV, PIPE, TERM of Linux. */
  private static final int[] SIGNALS = {1, 2, 3, 4, 5, 7, 8, 11, 13, 15};

  /** More than {@code struct sigaction} takes on any Linux. */
  private static final int BYTES = 256;

  private static final MethodHandle SIGACTION =
      SystemCalls.handle("sigaction", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));

  private final MemorySegment actions;

  private SignalHandlers(MemorySegment actions) {
    this.actions = actions;
  }

  /** Those that are in place now. */
  static SignalHandlers save() {
    MemorySegment actions = Arena.ofAuto().allocate((long) BYTES * SIGNALS.length, 16);
    for (int i = 0; i < SIGNALS.length; i++) {
      call(SIGNALS[i], MemorySegment.NULL, actions.asSlice((long) i * BYTES, BYTES));
    }
    return new SignalHandlers(actions);
  }

  /** Puts them in place again. */
  void restore() {
    for (int i = 0; i < SIGNALS.length; i++) {
      call(SIGNALS[i], actions.asSlice((long) i * BYTES, BYTES), MemorySegment.NULL);
    }
  }

  private static void call(int signal, MemorySegment action, MemorySegment old) {
    if (SIGACTION == null) {
      return; // elsewhere than on Linux no such transport is used
    }
    try {
      int _ = (int) SIGACTION.invokeExact(signal, action, old);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
