package dev.lgc.compiler.fuse;

import dev.lgc.compiler.kernel.Expressions;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.SumOfProducts;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Joins calls that hand large values to each other, batch by batch, so that these values need not
 * be in memory: the products of attention, forward and backward, with the softmax between them.
 *
 * <p>A value is worth it where a product of two batches of matrices makes it, or uses it, and has
 * nothing larger beside it. All calls that make or use such a value are tried as one {@link
 * Cluster}; what was joined for one value is joined further for the next. No cluster needs, through
 * others, what itself computes.
 */
final class Clusters {
  private final FusionLimits limits;
  private final List<FusedCall> calls;
  private final Map<Integer, Integer> producers = new HashMap<>();
  private final Map<Integer, List<Integer>> readers = new HashMap<>();

  /** Calls that must come after those that read what they overwrite, by what they overwrite. */
  private final Map<Integer, Integer> overwriting = new HashMap<>();

  private final BitSet kept = new BitSet();

  /** By call: those it is joined with, itself among them. */
  private final List<Set<Integer>> joined = new ArrayList<>();

  /** By call: how many calls are before it on the longest way there. */
  private final int[] ranks;

  private final Map<Cluster.Pattern, Optional<Cluster>> known = new HashMap<>();
  private final Map<Kernel, Optional<SumOfProducts>> products;

  private Clusters(
      Facts facts,
      FusionLimits limits,
      List<FusedCall> calls,
      Set<Integer> wanted,
      Set<Integer> inPlace,
      Map<Kernel, Optional<SumOfProducts>> products) {
    this.products = products;
    this.limits = limits;
    this.calls = calls;
    wanted.forEach(kept::set);
    for (int i = 0; i < calls.size(); i++) {
      joined.add(Set.of(i));
      for (int s : calls.get(i).stored()) {
        producers.put(s, i);
        if (inPlace.contains(s)) {
          overwriting.put(facts.node(s).operands().getFirst(), i);
        }
      }
    }
    for (int i = 0; i < calls.size(); i++) {
      for (int b : calls.get(i).bindings()) {
        if (b >= 0 && producers.getOrDefault(b, -1) != i) {
          readers.computeIfAbsent(b, x -> new ArrayList<>()).add(i);
        }
      }
    }
    ranks = ranks();
  }

  /**
   * The same calls, some of them joined.
   *
   * @param calls as they were built, before any clean-up
   * @param wanted nodes that must be in memory at the end
   * @param inPlace dynamic updates among them that overwrite their first operand
   */
  static List<FusedCall> of(
      Facts facts,
      FusionLimits limits,
      List<FusedCall> calls,
      Set<Integer> wanted,
      Set<Integer> inPlace) {
    Map<Kernel, Optional<SumOfProducts>> products = new IdentityHashMap<>();
    calls.forEach(c -> products.computeIfAbsent(c.kernel(), Clusters::batched));
    if (products.values().stream().allMatch(Optional::isEmpty)) {
      return calls;
    }
    Clusters c = new Clusters(facts, limits, calls, wanted, inPlace, products);
    c.join();
    return c.result();
  }

  private static Optional<SumOfProducts> batched(Kernel k) {
    return product(k).filter(p -> p.outerCount() > 1);
  }

  /** A kernel as a product of matrices, or of batches of them. */
  static Optional<SumOfProducts> product(Kernel k) {
    return k.stages().size() == 1
        ? SumOfProducts.asWritten(k).filter(SumOfProducts::isOfMatrices)
        : Optional.empty();
  }

  private void join() {
    TreeSet<Integer> large = new TreeSet<>();
    for (FusedCall c : calls) {
      products
          .get(c.kernel())
          .ifPresent(
              p ->
                  largest(p).stream()
                      .map(c.bindings()::get)
                      .filter(this::mayVanish)
                      .forEach(large::add));
    }
    for (int n : large) {
      Set<Integer> all = new TreeSet<>(joined.get(producers.get(n)));
      readers.get(n).forEach(r -> all.addAll(joined.get(r)));
      if (all.size() > 1 && !isCircular(all) && cluster(ordered(all)).isPresent()) {
        all.forEach(c -> joined.set(c, all));
      }
    }
  }

  /** Of a product's result and factors, the buffers of the largest. */
  private static Set<Integer> largest(SumOfProducts p) {
    long result = p.rowCount() * p.columnCount();
    long a = p.rowCount() * p.depthCount();
    long b = p.depthCount() * p.columnCount();
    long most = Math.max(result, Math.max(a, b));
    Set<Integer> found = new TreeSet<>();
    if (result == most) {
      found.add(p.target().buffer());
    }
    if (a == most) {
      Expressions.loadsOf(p.a()).forEach(l -> found.add(l.operand()));
    }
    if (b == most) {
      Expressions.loadsOf(p.b()).forEach(l -> found.add(l.operand()));
    }
    return found;
  }

  private boolean mayVanish(int n) {
    return producers.containsKey(n) && !kept.get(n) && readers.containsKey(n);
  }

  /** Some calls as one, if they can be and that is worth it. */
  private Optional<Cluster> cluster(List<Integer> all) {
    return known.computeIfAbsent(
        pattern(all, new ArrayList<>()), p -> Cluster.of(p, limits).filter(c -> c.isWorth(limits)));
  }

  /**
   * What calls have to do with each other.
   *
   * @param nodes gets the nodes and random streams that the pattern numbers
   */
  private Cluster.Pattern pattern(List<Integer> all, List<Integer> nodes) {
    List<Cluster.Part> parts = new ArrayList<>();
    Map<Integer, Integer> numbers = new HashMap<>();
    BitSet inner = new BitSet();
    for (int c : all) {
      List<Integer> bound = new ArrayList<>();
      for (int b : calls.get(c).bindings()) {
        Integer number = numbers.get(b);
        if (number == null) {
          number = nodes.size();
          numbers.put(b, number);
          nodes.add(b);
          inner.set(number, b >= 0 && mayVanish(b) && all.containsAll(users(b)));
        }
        bound.add(number);
      }
      parts.add(new Cluster.Part(calls.get(c).kernel(), bound));
    }
    return new Cluster.Pattern(parts, inner);
  }

  private List<Integer> users(int node) {
    List<Integer> users = new ArrayList<>(readers.get(node));
    users.add(producers.get(node));
    return users;
  }

  private List<FusedCall> result() {
    List<FusedCall> result = new ArrayList<>();
    for (int i = 0; i < calls.size(); i++) {
      Set<Integer> all = joined.get(i);
      if (all.size() == 1) {
        result.add(calls.get(i));
      } else if (all.iterator().next() == i) {
        result.add(joined(ordered(all)));
      }
    }
    return result;
  }

  private FusedCall joined(List<Integer> all) {
    List<Integer> nodes = new ArrayList<>();
    Cluster cluster = known.get(pattern(all, nodes)).orElseThrow();
    List<FusedCall> parts = all.stream().map(calls::get).toList();
    List<Integer> bindings = cluster.bindings().stream().map(nodes::get).toList();
    List<Integer> stored = new ArrayList<>();
    for (FusedCall p : parts) {
      p.stored().stream().filter(bindings::contains).forEach(stored::add);
    }
    FusedCall first =
        parts.stream().filter(p -> products.get(p.kernel()).isPresent()).findFirst().orElseThrow();
    return new FusedCall(
        cluster.kernel(), bindings, stored, first.origin(), Names.joined(first, parts));
  }

  // Order.

  /** Calls that must come after a call, all that are joined with it included. */
  private Set<Integer> after(int call) {
    Set<Integer> after = new LinkedHashSet<>();
    for (int c : joined.get(call)) {
      after(c, after);
    }
    return after;
  }

  private void after(int call, Set<Integer> after) {
    for (int s : calls.get(call).stored()) {
      after.addAll(readers.getOrDefault(s, List.of()));
    }
    for (int b : calls.get(call).bindings()) {
      int writer = overwriting.getOrDefault(b, call);
      if (writer != call) {
        after.add(writer);
      }
    }
  }

  private int[] ranks() {
    int[] waiting = new int[calls.size()];
    List<Set<Integer>> after = new ArrayList<>();
    for (int i = 0; i < waiting.length; i++) {
      after.add(after(i));
      after.get(i).forEach(a -> waiting[a]++);
    }
    int[] rank = new int[waiting.length];
    List<Integer> ready = new ArrayList<>();
    for (int i = 0; i < waiting.length; i++) {
      if (waiting[i] == 0) {
        ready.add(i);
      }
    }
    for (int i = 0; i < ready.size(); i++) {
      for (int a : after.get(ready.get(i))) {
        rank[a] = Math.max(rank[a], rank[ready.get(i)] + 1);
        if (--waiting[a] == 0) {
          ready.add(a);
        }
      }
    }
    return rank;
  }

  private List<Integer> ordered(Set<Integer> all) {
    return all.stream()
        .sorted((a, b) -> ranks[a] != ranks[b] ? ranks[a] - ranks[b] : a - b)
        .toList();
  }

  private int least(Set<Integer> all) {
    return all.stream().mapToInt(c -> ranks[c]).min().orElseThrow();
  }

  /** Whether something outside needs what they compute, and they need what it computes. */
  private boolean isCircular(Set<Integer> all) {
    int last = all.stream().mapToInt(c -> ranks[c]).max().orElseThrow();
    BitSet seen = new BitSet();
    List<Integer> todo = new ArrayList<>();
    for (int c : all) {
      Set<Integer> after = new LinkedHashSet<>();
      after(c, after);
      after.removeAll(all);
      todo.addAll(after);
    }
    while (!todo.isEmpty()) {
      int c = todo.removeLast();
      if (seen.get(c)) {
        continue;
      }
      joined.get(c).forEach(seen::set);
      // From what comes later nothing leads back.
      if (least(joined.get(c)) > last) {
        continue;
      }
      for (int a : after(c)) {
        if (all.contains(a)) {
          return true;
        }
        todo.add(a);
      }
    }
    return false;
  }
}
