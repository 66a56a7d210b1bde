package dev.lgc.runtime.device.cpu.dnnl;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * oneDNN's C API (version 3), as far as it is used here: what is called when kernels run. {@link
 * Natives} makes things.
 *
 * <p>oneDNN's own threads stay out: it is told to use one thread, and the callers are many.
 * OpenMP's threads would spin on the cores that ours need, and what they compute may depend on
 * their number.
 */
final class Dnnl {
  /** A computation that oneDNN does not do, with the status it gave. */
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1;

    Refused(String call, int status) {
      super(call + ": status " + status, null, false, false);
    }
  }

  // Arguments of an execution.
  static final int SRC = 1;
  static final int DST = 17;
  static final int WEIGHTS = 33;
  static final int SCRATCHPAD = 80;
  static final int DIFF_SRC = 129;
  static final int DIFF_DST = 145;
  static final int DIFF_WEIGHTS = 161;

  // Queries for memory descriptors.
  static final int SRC_MD = 129;
  static final int DIFF_SRC_MD = 130;
  static final int WEIGHTS_MD = 131;
  static final int DIFF_WEIGHTS_MD = 132;
  static final int DST_MD = 133;
  static final int DIFF_DST_MD = 134;
  static final int SCRATCHPAD_MD = 136;

  private static final int CPU = 1;
  private static final int SCRATCHPAD_USER = 1;

  /** Set in every instruction set of oneDNN's that multiplies BF16: AVX512_BF16, AMX and later. */
  private static final int BF16 = 0x80;

  private final SymbolLookup symbols;
  private final MethodHandle execute;
  private final MethodHandle setHandle;
  private final String version;
  private final long engine;
  private final long attributes;

  private Dnnl(SymbolLookup symbols) throws Refused {
    this.symbols = symbols;
    execute = handle("dnnl_primitive_execute", JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG);
    setHandle = handle("dnnl_memory_set_data_handle", JAVA_LONG, JAVA_LONG);
    version = readVersion();
    engine =
        made(
            "dnnl_engine_create",
            handle("dnnl_engine_create", ADDRESS, JAVA_INT, JAVA_LONG),
            CPU,
            0L);
    attributes = made("dnnl_primitive_attr_create", handle("dnnl_primitive_attr_create", ADDRESS));
    String mode = "dnnl_primitive_attr_set_scratchpad_mode";
    check(mode, handle(mode, JAVA_LONG, JAVA_INT), attributes, SCRATCHPAD_USER);
  }

  /** Loads the library from its files. It stays loaded. */
  static Dnnl load(Path libgomp, Path libdnnl) throws Refused {
    // libgomp reads this when it is loaded; every thread that calls oneDNN gets it.
    setenv("OMP_NUM_THREADS", "1");
    SymbolLookup gomp = SymbolLookup.libraryLookup(libgomp, Arena.global());
    if (gomp.find("omp_get_max_threads").isEmpty()) {
      throw new Refused(libgomp.toString(), 0);
    }
    return new Dnnl(SymbolLookup.libraryLookup(libdnnl, Arena.global()));
  }

  private static void setenv(String name, String value) throws Refused {
    Linker linker = Linker.nativeLinker();
    MethodHandle setenv =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("setenv"),
            FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT));
    try (Arena arena = Arena.ofConfined()) {
      check("setenv", setenv, arena.allocateFrom(name), arena.allocateFrom(value), 1);
    }
  }

  /** A function that gives a status. */
  MethodHandle handle(String name, MemoryLayout... arguments) {
    return handle(name, FunctionDescriptor.of(JAVA_INT, arguments));
  }

  MethodHandle handle(String name, FunctionDescriptor type) {
    return Linker.nativeLinker().downcallHandle(symbols.findOrThrow(name), type);
  }

  String version() {
    return version;
  }

  /** Returns true if the processor has instructions that multiply BF16. */
  boolean multipliesBf16() {
    MethodHandle h = handle("dnnl_get_effective_cpu_isa", FunctionDescriptor.of(JAVA_INT));
    try {
      return ((int) h.invokeExact() & BF16) != 0;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  long engine() {
    return engine;
  }

  /** Attributes of every primitive: the caller brings the scratchpad. */
  long attributes() {
    return attributes;
  }

  private String readVersion() {
    MethodHandle h = handle("dnnl_version", FunctionDescriptor.of(ADDRESS));
    try {
      MemorySegment v = ((MemorySegment) h.invokeExact()).reinterpret(12);
      int major = v.getAtIndex(JAVA_INT, 0);
      return major + "." + v.getAtIndex(JAVA_INT, 1) + "." + v.getAtIndex(JAVA_INT, 2);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** Calls a function that gives a status. */
  static void check(String call, MethodHandle handle, Object... arguments) throws Refused {
    int status;
    try {
      status = (int) handle.invokeWithArguments(arguments);
    } catch (Throwable e) {
      throw new IllegalStateException(call, e);
    }
    if (status != 0) {
      throw new Refused(call, status);
    }
  }

  /** Calls a function whose first argument is where to write the handle of what it makes. */
  static long made(String call, MethodHandle handle, Object... arguments) throws Refused {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment made = arena.allocate(ADDRESS);
      Object[] all = new Object[arguments.length + 1];
      all[0] = made;
      for (int i = 0; i < arguments.length; i++) {
        all[i + 1] =
            arguments[i] instanceof long[] x ? arena.allocateFrom(JAVA_LONG, x) : arguments[i];
      }
      check(call, handle, all);
      return made.get(JAVA_LONG, 0);
    }
  }

  void setHandle(long memory, long address) {
    int status;
    try {
      status = (int) setHandle.invokeExact(memory, address);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
    if (status != 0) {
      throw new IllegalStateException("oneDNN takes no memory: status " + status);
    }
  }

  void execute(long primitive, long stream, int count, long arguments) {
    int status;
    try {
      status = (int) execute.invokeExact(primitive, stream, count, arguments);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
    if (status != 0) {
      throw new IllegalStateException("oneDNN failed: status " + status);
    }
  }
}
