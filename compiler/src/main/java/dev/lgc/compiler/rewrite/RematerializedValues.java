package dev.lgc.compiler.rewrite;

import dev.lgc.compiler.fuse.InstructionCosts;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.op.Collective;
import dev.lgc.compiler.op.Contraction;
import dev.lgc.compiler.op.Fill;
import dev.lgc.compiler.op.Iota;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The values of a training graph that are rematerialized: dropped after the forward part and
 * computed again for the backward part. Memory is judged by lifetimes alone, work in the units of
 * {@link InstructionCosts}.
 *
 * <p>At the busiest time, the values that only wait for their backward use are sorted by the work
 * that a byte of them costs. Those that cost next to nothing are dropped always, together with all
 * that cost the same: layers stay alike. Under a limit more are dropped, cheapest first, until what
 * is alive fits or nothing waits any more; and the busiest time is looked for again.
 *
 * <p>Values that one kernel computes from the same operands (the transforms of an image, say) are
 * judged and dropped together: a kernel will compute them again together, too, and what it takes to
 * have their operands is paid once.
 */
final class RematerializedValues {
  /** The most work that is next to nothing, per byte. */
  private static final double CHEAP = 64;

  /** The share of all work that may be spent without being asked for. */
  private static final double BUDGET = 1.0 / 32;

  /** The least cost of one more kernel. */
  private static final double LAUNCH = 1e6;

  /** The factor by which a value must be smaller to be kept for another's sake. */
  private static final int SMALL = 16;

  private final Liveness live;
  private final Graph graph;
  private final InstructionCosts costs;
  private final boolean[] dropped;

  /** Per node, the time at which it is there again, if it is dropped. */
  private final int[] again;

  /** Per node, its last use. */
  private final int[] end;

  /** Per node, the first backward node that comes of it. */
  private final int[] firstUser;

  /** By time, the bytes alive then less those alive at the time before. */
  private final long[] change;

  /** Values that are not worth dropping. */
  private final Set<Integer> refused = new HashSet<>();

  private final int firstProduct;
  private long peak;

  RematerializedValues(Liveness live, InstructionCosts costs) {
    this.live = live;
    this.graph = live.graph;
    this.costs = costs;
    int n = graph.nodes().size();
    dropped = new boolean[n];
    again = live.uses.firstBackward.clone();
    end = new int[n];
    for (int i = 0; i < n; i++) {
      end[i] = Math.max(live.uses.lastForward[i], live.lastBackward[i]);
    }
    firstUser = firstUsers();
    firstProduct = firstProduct();
    change = Arrays.copyOf(live.blocks, live.uses.times + 1);
    change[0] += live.always();
    for (int v = 0; v < n; v++) {
      count(v, 1);
    }
    peak = highest();
  }

  /** Adds the bytes of a node to those that are alive, or takes them off. */
  private void count(int v, int times) {
    if (!live.isCounted(v)) {
      return;
    }
    long bytes = times * live.bytes(v);
    change[live.uses.defined[v]] += bytes;
    if (dropped[v]) {
      change[live.uses.lastForward[v] + 1] -= bytes;
      change[again[v]] += bytes;
    }
    change[end[v] + 1] -= bytes;
  }

  /** The first backward node that comes of each forward node in memory. */
  private int[] firstUsers() {
    int n = graph.nodes().size();
    int[] first = new int[n];
    Arrays.fill(first, n);
    for (int i = n - 1; i >= 0; i--) {
      if (!live.isForward(i) || !live.isStored(i)) {
        int by = live.isForward(i) ? first[i] : i;
        for (int o : graph.node(i).operands()) {
          first[o] = Math.min(first[o], by);
        }
      }
    }
    return first;
  }

  /** The first backward product, after which something can be computed again. */
  private int firstProduct() {
    for (int i = 0; i < graph.nodes().size(); i++) {
      if (!live.isForward(i) && graph.node(i).op() instanceof Contraction) {
        return i;
      }
    }
    return graph.nodes().size();
  }

  /** Drops what costs next to nothing. */
  void cheap() {
    double left = BUDGET * live.uses.allWork;
    boolean more = true;
    while (more) {
      more = false;
      Map<Double, List<List<Integer>>> alike = new TreeMap<>();
      int now = busiest();
      for (List<Integer> values : waiting(now)) {
        double price = new Chain(values, now).price();
        if (price <= CHEAP) {
          alike.computeIfAbsent(price, k -> new ArrayList<>()).add(values);
        }
      }
      for (List<List<Integer>> layers : alike.values()) {
        double spent = layers.stream().mapToDouble(v -> new Chain(v, now).work).sum();
        if (spent <= left) {
          left -= spent;
          for (List<Integer> values : layers) {
            more |= new Chain(values, now).drop();
          }
        }
      }
    }
  }

  /** Drops more until no more than {@code limit} bytes are alive, or nothing can be dropped. */
  void fit(long limit) {
    while (peak > limit) {
      Chain best = null;
      int now = busiest();
      for (List<Integer> values : waiting(now)) {
        Chain c = new Chain(values, now);
        if (best == null || c.price() < best.price()) {
          best = c;
        }
      }
      if (best == null || best.price() == Double.POSITIVE_INFINITY) {
        return;
      }
      best.drop();
    }
  }

  /** Nodes in memory that are computed again, those only on the way to others among them. */
  Set<Integer> nodes() {
    Set<Integer> all = new HashSet<>();
    for (int i = 0; i < dropped.length; i++) {
      if (dropped[i]) {
        all.add(i);
      }
    }
    return all;
  }

  /** Most bytes alive at one time. */
  long peak() {
    return peak;
  }

  private long highest() {
    long alive = 0;
    long most = 0;
    for (int t = 0; t < live.uses.times; t++) {
      alive += change[t];
      most = Math.max(most, alive);
    }
    return most;
  }

  /** The first of the times at which most bytes are alive. */
  private int busiest() {
    long alive = 0;
    long most = Long.MIN_VALUE;
    int at = 0;
    for (int t = 0; t < live.uses.times; t++) {
      alive += change[t];
      if (alive > most) {
        most = alive;
        at = t;
      }
    }
    return at;
  }

  /** Returns true for a value that is never computed again: ranks would have to do it together. */
  private boolean isCollective(int v) {
    return graph.node(v).op() instanceof Collective;
  }

  /** The state of a node, which it gets back if dropping it does not pay. */
  private final class NodeState {
    private final int node;
    private final boolean wasDropped;
    private final int wasAgain;
    private final int wasEnd;
    private final int wasFirstUser;

    NodeState(int node) {
      this.node = node;
      wasDropped = dropped[node];
      wasAgain = again[node];
      wasEnd = end[node];
      wasFirstUser = firstUser[node];
    }

    void restore() {
      count(node, -1);
      dropped[node] = wasDropped;
      again[node] = wasAgain;
      end[node] = wasEnd;
      firstUser[node] = wasFirstUser;
      count(node, 1);
    }
  }

  private record Kernel(int time, List<Integer> operands) {}

  /**
   * Values that are in memory at a time only because the backward part needs them later: those
   * together that one kernel computes from the same operands.
   */
  private Collection<List<Integer>> waiting(int now) {
    Map<Kernel, List<Integer>> values = new LinkedHashMap<>();
    for (int v = 0; v < dropped.length; v++) {
      if (!dropped[v]
          && !refused.contains(v)
          && live.isCounted(v)
          && live.isForward(v)
          && !isCollective(v)
          && live.uses.lastForward[v] < now
          && now < again[v]
          && firstUser[v] > firstProduct) {
        Kernel by = new Kernel(live.uses.defined[v], graph.node(v).operands());
        values.computeIfAbsent(by, k -> new ArrayList<>()).add(v);
      }
    }
    return values.values();
  }

  /** The computations that it takes to rematerialize values of one kernel. */
  private final class Chain {
    private final List<Integer> values;
    private final long bytes;
    private final int now;
    private final int at;
    private final Set<Integer> seen = new HashSet<>();
    private final List<Integer> leaves = new ArrayList<>();
    private final List<Integer> passed = new ArrayList<>();
    private double work = LAUNCH;
    private long kept;

    /**
     * @param now when the values shall not be there
     */
    Chain(List<Integer> values, int now) {
      this.values = values;
      this.now = now;
      bytes = values.stream().mapToLong(live::bytes).sum();
      at = values.stream().mapToInt(v -> again[v]).min().getAsInt();
      values.forEach(this::compute);
    }

    private void compute(int n) {
      work += live.uses.work[n];
      if (live.isStored(n)) {
        work += (double) costs.write() * live.elements(n);
      }
      graph.node(n).operands().forEach(this::need);
    }

    private void need(int o) {
      int b = live.uses.base[o];
      if (graph.node(b).op() instanceof Fill || graph.node(b).op() instanceof Iota) {
        return;
      }
      boolean known = !seen.add(b == o || inMemory(b) ? b : o);
      if (known) {
        return;
      }
      if (!inMemory(b)) {
        compute(o);
        return;
      }
      work += (double) costs.read() * live.elements(b);
      if (live.isSource(b)) {
        return;
      }
      boolean there = end[b] > now;
      // A value is computed again once for the whole backward part: one with uses before now would
      // be there now as well.
      boolean before = again[b] != KernelUses.NEVER;
      if (there || before || isCollective(b) || SMALL * live.bytes(b) <= bytes) {
        kept += there ? 0 : live.bytes(b);
        leaves.add(b);
      } else {
        passed.add(b);
        work += LAUNCH;
        compute(b);
      }
    }

    private boolean inMemory(int b) {
      return live.isSource(b) || live.isStored(b);
    }

    /** Work per byte that is free while the values wait. */
    double price() {
      long free = bytes - kept;
      return free > 0 ? work / free : Double.POSITIVE_INFINITY;
    }

    /** Drops the values, unless what that takes needs more memory than it frees. */
    boolean drop() {
      Set<Integer> changed = new LinkedHashSet<>(values);
      changed.addAll(leaves);
      changed.addAll(passed);
      List<NodeState> before = changed.stream().map(NodeState::new).toList();
      changed.forEach(v -> count(v, -1));
      int user = values.stream().mapToInt(v -> firstUser[v]).min().getAsInt();
      for (int v : values) {
        dropped[v] = true;
        again[v] = at;
      }
      for (int b : leaves) {
        again[b] = again[b] == KernelUses.NEVER ? at : Math.min(again[b], at);
        end[b] = Math.max(end[b], at);
        firstUser[b] = Math.min(firstUser[b], user);
      }
      for (int b : passed) {
        dropped[b] = true;
        again[b] = at;
        end[b] = at;
        firstUser[b] = user;
      }
      changed.forEach(v -> count(v, 1));
      long highest = highest();
      if (highest <= peak) {
        peak = highest;
        return true;
      }
      before.forEach(NodeState::restore);
      refused.addAll(values);
      return false;
    }
  }
}
