package dev.lgc.runtime.dist;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.lgc.runtime.tensor.SystemCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * MPI's C interface, as far as it is used here: messages of bytes between two ranks, begun and
 * asked for. One thread makes all calls, the one that called {@link #init}; {@link #abort} alone
 * may be called by another, when all is lost anyway.
 *
 * <p>Sums are ours ({@link TreeSum}), so that their bits do not depend on the library, unless a run
 * asks for the library's ({@link MpiSums}); and so are groups, which are lists of ranks.
 */
final class Mpi {
  /** MPI calls may come from any thread, one at a time. */
  private static final int SERIALIZED = 2;

  private static final int VERSION_BYTES = 8192;

  /** Settings that keep transports from taking the JVM's signals; a user's own value stands. */
  private static final List<List<String>> SETTINGS =
      List.of(
          List.of("UCX_ERROR_SIGNALS", ""),
          List.of("OMPI_MCA_opal_signal", ""),
          List.of("IPATH_NO_BACKTRACE", "1"),
          List.of("HFI_NO_BACKTRACE", "1"));

  private final MpiAbi abi;
  private final SymbolLookup symbols;
  private final SignalHandlers handlers;
  private final MethodHandle isend;
  private final MethodHandle irecv;
  private final MethodHandle testall;
  private final MethodHandle abort;
  private final MemorySegment flag = Arena.global().allocate(JAVA_INT);

  Mpi(MpiAbi abi, SymbolLookup symbols, SignalHandlers handlers) {
    this.abi = abi;
    this.symbols = symbols;
    this.handlers = handlers;
    MemoryLayout[] message = {
      JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG
    };
    isend = handle("MPI_Isend", message);
    irecv = handle("MPI_Irecv", message);
    testall = handle("MPI_Testall", JAVA_INT, JAVA_LONG, ADDRESS, JAVA_LONG);
    abort = handle("MPI_Abort", JAVA_LONG, JAVA_INT);
  }

  /**
   * Loads the library. It stays loaded.
   *
   * @throws MpiMissing if there is none, or one that is not known
   */
  static Mpi load() throws MpiMissing {
    SignalHandlers handlers = SignalHandlers.save();
    SETTINGS.forEach(s -> setenv(s.getFirst(), s.getLast()));
    return of(MpiFiles.open(), handlers);
  }

  /** The library whose functions are these. */
  static Mpi of(SymbolLookup symbols, SignalHandlers handlers) throws MpiMissing {
    try {
      return new Mpi(MpiAbi.of(version(symbols), symbols), symbols, handlers);
    } catch (NoSuchElementException e) {
      throw new MpiMissing("this is no MPI library, or an old one: " + e.getMessage(), e);
    } finally {
      handlers.restore();
    }
  }

  private static void setenv(String name, String value) {
    MethodHandle setenv =
        SystemCalls.handle("setenv", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT));
    if (setenv == null) {
      return; // elsewhere than on Linux no such transport is used
    }
    try (Arena arena = Arena.ofConfined()) {
      int _ = (int) setenv.invokeExact(arena.allocateFrom(name), arena.allocateFrom(value), 0);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static String version(SymbolLookup symbols) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = arena.allocate(VERSION_BYTES);
      MemorySegment length = arena.allocate(JAVA_INT);
      call(handle(symbols, "MPI_Get_library_version", ADDRESS, ADDRESS), text, length);
      return text.getString(0);
    }
  }

  /** Constants of the library. */
  MpiAbi abi() {
    return abi;
  }

  MethodHandle handle(String name, MemoryLayout... arguments) {
    return handle(symbols, name, arguments);
  }

  private static MethodHandle handle(SymbolLookup symbols, String name, MemoryLayout... arguments) {
    return Linker.nativeLinker()
        .downcallHandle(symbols.findOrThrow(name), FunctionDescriptor.of(JAVA_INT, arguments));
  }

  static void call(MethodHandle handle, Object... arguments) {
    try {
      check((int) handle.invokeWithArguments(arguments));
    } catch (RuntimeException e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static void check(int status) {
    if (status != 0) {
      throw new IllegalStateException("MPI failed: status " + status);
    }
  }

  /** The library's name and version. */
  String name() {
    return abi.name();
  }

  /** Meets the other ranks. */
  void init() {
    try {
      call(
          handle("MPI_Init_thread", JAVA_LONG, JAVA_LONG, JAVA_INT, ADDRESS),
          0L,
          0L,
          SERIALIZED,
          flag);
      if (flag.get(JAVA_INT, 0) < SERIALIZED) {
        throw new IllegalStateException(abi.name() + " was built without threads");
      }
    } finally {
      handlers.restore();
    }
  }

  int rank() {
    return number("MPI_Comm_rank");
  }

  int size() {
    return number("MPI_Comm_size");
  }

  private int number(String name) {
    call(handle(name, JAVA_LONG, ADDRESS), abi.world(), flag);
    return flag.get(JAVA_INT, 0);
  }

  /** Takes leave of the other ranks. */
  void end() {
    call(handle("MPI_Finalize"));
  }

  /** Ends all ranks; may return. */
  void abort(int code) {
    try {
      int _ = (int) abort.invokeExact(abi.world(), code);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** Bytes of a request in memory. */
  int requestBytes() {
    return abi.requestBytes();
  }

  /** Begins to send; writes the handle of a request. */
  void send(long from, int bytes, int rank, int tag, long request) {
    try {
      check((int) isend.invokeExact(from, bytes, abi.bytes(), rank, tag, abi.world(), request));
    } catch (RuntimeException e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** Begins to receive; writes the handle of a request. */
  void receive(long to, int bytes, int rank, int tag, long request) {
    try {
      check((int) irecv.invokeExact(to, bytes, abi.bytes(), rank, tag, abi.world(), request));
    } catch (RuntimeException e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** True if all these requests are over; also lets MPI get on with all others. */
  boolean test(int count, long requests) {
    try {
      check((int) testall.invokeExact(count, requests, flag, abi.ignored()));
    } catch (RuntimeException e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
    return flag.get(JAVA_INT, 0) != 0;
  }
}
