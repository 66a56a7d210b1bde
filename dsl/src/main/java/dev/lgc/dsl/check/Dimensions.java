package dev.lgc.dsl.check;

import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.source.Span;
import dev.lgc.dsl.type.DType;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The sizes of free dimension names of entries, and the names that messages show for sizes. */
final class Dimensions {
  /** The batch, if nothing is said. */
  static final int BATCH = 8;

  /** Elements of one tensor, 4 TiB of floats: counts of bytes and of work then fit 64 bits. */
  private static final long ELEMENTS = 1L << 40;

  private static final int[] PRIMES = {
    10007, 10009, 10037, 10039, 10061, 10067, 10069, 10079, 10091, 10093, 10099, 10103, 10111,
    10133, 10139, 10141
  };

  private final Map<String, Integer> known;
  private final boolean symbolic;
  private final Map<String, Integer> used = new LinkedHashMap<>();
  private final Map<Integer, String> names = new HashMap<>();

  private Dimensions(Map<String, Integer> known, boolean symbolic) {
    this.known = Map.copyOf(known);
    this.symbolic = symbolic;
  }

  static Dimensions of(Map<String, Integer> known) {
    return new Dimensions(known, false);
  }

  /**
   * Every name gets a size of its own that nothing else has, so that equal numbers hide no mistake.
   */
  static Dimensions distinct() {
    return new Dimensions(Map.of(), true);
  }

  /** Returns true if a name may stand for a batch: only such make a forward an entry. */
  boolean isBatch(String name) {
    return name.equals("b") || known.containsKey(name);
  }

  /** A size of its own for a name that many layers can divide: multiples of 64. */
  int roomy(String name) {
    return used.computeIfAbsent(
        name, _ -> name.equals("b") ? PRIMES[0] : 64 * (2 * used.size() + 3));
  }

  /** Refuses more elements than a tensor can have. Sizes that stand for names are not real ones. */
  void countable(DType dtype, List<Dim> dims, Span at) {
    long n = 1;
    for (Dim d : dims) {
      n = product(n, d.size());
    }
    if (n > (symbolic ? Long.MAX_VALUE / 8 : ELEMENTS)) {
      throw new Fault(
          Diagnostic.of(Code.INVALID_SIZE, at, "this tensor has too many elements")
              .withFound(new Value.Tensor(0, dtype, dims).type().toString())
              .withExpected("at most " + ELEMENTS + " elements, 4 TiB of floats"));
    }
  }

  /** Sizes multiplied; more than a tensor can have stays that. */
  static long product(long n, int size) {
    return Math.multiplyHigh(n, size) != 0 || n * size < 0 ? Long.MAX_VALUE : n * size;
  }

  Optional<Integer> size(String name) {
    Integer n = known.get(name);
    if (n == null && symbolic) {
      n =
          used.containsKey(name)
              ? used.get(name)
              : Integer.valueOf(PRIMES[used.size() % PRIMES.length]);
    }
    if (n == null && name.equals("b")) {
      n = BATCH;
    }
    if (n != null) {
      used.put(name, n);
    }
    return Optional.ofNullable(n);
  }

  Map<String, Integer> given() {
    return known;
  }

  boolean isSymbolic() {
    return symbolic;
  }

  /** The names that entries asked for. */
  Map<String, Integer> used() {
    return used;
  }

  /** Shows a size by a name in messages. */
  void name(int size, String name) {
    names.put(size, name);
  }

  /** Returns true if messages show names for sizes. */
  boolean hasNames() {
    return !names.isEmpty();
  }

  String show(int size) {
    return names.getOrDefault(size, Integer.toString(size));
  }

  String show(List<Dim> dims) {
    return dims.stream().map(d -> show(d.size())).collect(Collectors.joining(", ", "[", "]"));
  }

  String show(Value.Tensor t) {
    return (t.dtype() == DType.F32 ? "" : t.dtype().keyword()) + show(t.dims());
  }
}
