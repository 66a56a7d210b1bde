package dev.lgc.runtime.tensor;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.util.Locale;

/** Linux's functions beyond what the JDK has. */
public final class SystemCalls {
  private static final boolean LINUX =
      System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("linux");

  private SystemCalls() {}

  /** A function of the C library; null elsewhere than on Linux, and where it has none such. */
  public static MethodHandle handle(
      String name, FunctionDescriptor type, Linker.Option... options) {
    if (!LINUX) {
      return null;
    }
    Linker linker = Linker.nativeLinker();
    return linker
        .defaultLookup()
        .find(name)
        .map(address -> linker.downcallHandle(address, type, options))
        .orElse(null);
  }
}
