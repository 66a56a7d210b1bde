package dev.lgc.compiler.plan;

import dev.lgc.compiler.fuse.CopyKernels;
import dev.lgc.compiler.fuse.FusedCall;
import dev.lgc.compiler.fuse.FusedCollective;
import dev.lgc.compiler.fuse.MergeBuffers;
import dev.lgc.compiler.fuse.NodeCall;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.memory.Lifetime;
import dev.lgc.compiler.memory.Placement;
import dev.lgc.compiler.op.AllReduce;
import dev.lgc.compiler.op.Dense;
import dev.lgc.compiler.op.Fill;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.op.Iota;
import dev.lgc.compiler.op.Source;
import dev.lgc.compiler.op.Stored;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Plans one fused graph: orders the calls, gives every value its place. */
final class StepPlanner {
  private final PlanBuilder plan;
  private final StepGraph step;
  private final Graph graph;
  private final int[] base;
  private final List<NodeCall> calls;

  /** The places of nodes whose memory is not in WORK. */
  private final Map<Integer, Slot> fixed = new HashMap<>();

  /** Nodes computed straight into the stored tensor that they update. */
  private final Map<Integer, String> direct = new LinkedHashMap<>();

  /** Operands of all-reduces that are computed where the result goes: to the all-reduce. */
  private final Map<Integer, Integer> shared = new HashMap<>();

  /** The copies to make at the end: to a slot, from a node. */
  private final Map<Slot, Integer> copies = new LinkedHashMap<>();

  private final Map<String, Slot> inputs = new LinkedHashMap<>();
  private final Map<String, Slot> outputs = new LinkedHashMap<>();

  StepPlanner(PlanBuilder plan, Fusion fusion) {
    this.plan = plan;
    step = fusion.step();
    graph = step.graph();
    base = fusion.base();
    calls = fusion.calls();
  }

  Step plan() {
    for (int n = 0; n < graph.nodes().size(); n++) {
      source(n, graph.node(n));
    }
    claim();
    List<NodeCall> ordered = order(calls);
    share(ordered);
    return place(CollectiveBuckets.of(ordered, CollectiveBuckets.BYTES, this::mustFollow));
  }

  private void source(int n, Node node) {
    switch (node.op()) {
      case Input i -> {
        Slot slot = inputs.computeIfAbsent(i.input(), name -> plan.input(step, name, node.type()));
        fixed.put(n, slot);
      }
      case Stored s -> {
        Slot slot = plan.storage.get(s.path());
        if (slot == null) {
          throw new IllegalArgumentException(graph.name() + ": no storage for " + s.path());
        }
        fixed.put(n, slot);
      }
      case Dense d ->
          fixed.put(
              n, plan.dense.computeIfAbsent(d, x -> plan.allocate(Arena.CONSTANTS, x.type())));
      default -> {}
    }
  }

  /** Decides which value is computed straight into which update or output. */
  private void claim() {
    graph
        .updates()
        .forEach(
            (path, v) -> {
              Slot slot = plan.storage.get(path);
              if (slot == null) {
                throw new IllegalArgumentException(graph.name() + ": no storage for " + path);
              }
              if (claim(v, slot)) {
                direct.put(base[v], path);
              }
            });
    graph
        .outputs()
        .forEach(
            (name, v) -> {
              Slot slot = plan.output(step, name, graph.node(v).type());
              outputs.put(name, slot);
              claim(v, slot);
            });
  }

  private boolean claim(int v, Slot slot) {
    int b = base[v];
    boolean source = graph.node(b).op() instanceof Source;
    if (source && slot.equals(fixed.get(b))) {
      return false;
    }
    if (source || fixed.containsKey(b)) {
      copies.put(slot, v);
      return false;
    }
    fixed.put(b, new Slot(slot.arena(), slot.offset(), graph.node(b).type()));
    return true;
  }

  /** Orders the calls, readers of a stored tensor before the call that writes it. */
  private List<NodeCall> order(List<NodeCall> calls) {
    for (NodeCall c : calls) {
      for (int s : c.stored()) {
        String path = direct.get(s);
        if (path != null && c instanceof FusedCall k && !Overwriting.isSafe(graph, k, s, path)) {
          indirect(s, path);
        }
      }
    }
    while (true) {
      Order order = new Order(calls, readersBeforeWriters(calls));
      if (order.isComplete()) {
        return order.calls();
      }
      boolean helped = false;
      for (int s : order.stuck()) {
        if (direct.containsKey(s)) {
          indirect(s, direct.get(s));
          helped = true;
        }
      }
      if (!helped) {
        throw new IllegalStateException(graph.name() + ": kernels wait for each other");
      }
    }
  }

  private void indirect(int node, String path) {
    direct.remove(node);
    fixed.remove(node);
    copies.put(plan.storage.get(path), node);
  }

  /**
   * Has the operand of an all-reduce computed where the result goes, if it is of the same type,
   * nothing else reads it, and nothing the tensor that is there before.
   */
  private void share(List<NodeCall> calls) {
    Map<Integer, Integer> uses = new HashMap<>();
    calls.forEach(c -> c.bindings().forEach(b -> uses.merge(b, 1, Integer::sum)));
    Set<String> read = read();
    for (NodeCall c : calls) {
      if (!(c instanceof FusedCollective f && f.op() instanceof AllReduce)) {
        continue;
      }
      int from = f.from().getFirst();
      int to = f.to().getFirst();
      // Two uses: the call that computes it, and this one.
      if (direct.containsKey(to)
          && !read.contains(direct.get(to))
          && !(graph.node(from).op() instanceof Source)
          && !fixed.containsKey(from)
          && uses.get(from) == 2
          && graph.node(from).type().equals(graph.node(to).type())
          && copies.values().stream().noneMatch(v -> base[v] == from)) {
        Slot slot = fixed.get(to);
        fixed.put(from, new Slot(slot.arena(), slot.offset(), graph.node(from).type()));
        shared.put(from, to);
      }
    }
  }

  /** The stored tensors that the graph reads. */
  private Set<String> read() {
    Set<String> read = new HashSet<>();
    for (Node n : graph.nodes()) {
      if (n.op() instanceof Stored s) {
        read.add(s.path());
      }
    }
    return read;
  }

  /** Returns true if a call reads what a collective computes, or overwrites what it reads. */
  private boolean mustFollow(FusedCollective collective, NodeCall call) {
    return call.bindings().stream().anyMatch(collective.to()::contains)
        || call.stored().stream()
            .map(direct::get)
            .anyMatch(
                path ->
                    collective.from().stream()
                        .anyMatch(
                            b -> graph.node(b).op() instanceof Stored s && s.path().equals(path)));
  }

  private List<int[]> readersBeforeWriters(List<NodeCall> calls) {
    Map<String, Integer> writer = new HashMap<>();
    for (int i = 0; i < calls.size(); i++) {
      for (int s : calls.get(i).stored()) {
        if (direct.containsKey(s)) {
          writer.put(direct.get(s), i);
        }
      }
    }
    List<int[]> edges = new ArrayList<>();
    for (int i = 0; i < calls.size(); i++) {
      for (int b : calls.get(i).bindings()) {
        if (b >= 0
            && graph.node(b).op() instanceof Stored s
            && writer.getOrDefault(s.path(), i) != i) {
          edges.add(new int[] {i, writer.get(s.path())});
        }
      }
    }
    return edges;
  }

  /** Gives what is left a place in WORK and writes the calls down. */
  private Step place(List<NodeCall> calls) {
    List<Move> first = new ArrayList<>();
    List<Move> last = new ArrayList<>();
    copies.forEach(
        (slot, v) -> {
          boolean old =
              graph.node(base[v]).op() instanceof Stored s && graph.updates().containsKey(s.path());
          if (!old) {
            last.add(new Move(base[v], null, slot));
          } else if (slot.arena() == Arena.IO) {
            first.add(new Move(base[v], null, slot));
          } else {
            // Two stored tensors that change places.
            Slot between = plan.allocate(Arena.IO, slot.type());
            first.add(new Move(base[v], null, between));
            last.add(new Move(base[v], between, slot));
          }
        });
    Map<Integer, int[]> lives = new LinkedHashMap<>();
    for (int i = 0; i < calls.size(); i++) {
      for (int b : calls.get(i).bindings()) {
        live(lives, b, i);
      }
      if (calls.get(i) instanceof FusedCollective c) {
        int end = end(calls, i);
        c.from().forEach(b -> live(lives, b, end));
      }
    }
    last.stream()
        .filter(m -> !(graph.node(m.node()).op() instanceof Source))
        .forEach(m -> live(lives, m.node(), calls.size()));
    List<Lifetime> lifetimes = new ArrayList<>();
    lives.forEach((b, l) -> lifetimes.add(new Lifetime(graph.node(b).type().bytes(), l[0], l[1])));
    Placement placement = Placement.beside(gradients(calls), lifetimes);
    int next = 0;
    for (int b : lives.keySet()) {
      fixed.put(b, new Slot(Arena.WORK, placement.offsets()[next++], graph.node(b).type()));
    }
    List<Call> written = new ArrayList<>();
    first.forEach(m -> written.add(call(m)));
    calls.forEach(c -> written.add(call(c)));
    last.forEach(m -> written.add(call(m)));
    return new Step(step.id(), inputs, outputs, written, placement.peak());
  }

  /**
   * The call at which a collective may well be over, so that its operands' memory is free: the
   * first that needs its result, or the next collective.
   */
  private static int end(List<NodeCall> calls, int collective) {
    List<Integer> to = calls.get(collective).stored();
    int end = collective + 1;
    while (end < calls.size()
        && calls.get(end) instanceof FusedCall c
        && c.bindings().stream().noneMatch(to::contains)) {
      end++;
    }
    return Math.min(end, calls.size() - 1);
  }

  /** When the memory of each gradient is taken: always, unless it is written without being read. */
  private List<Placement.Taken> gradients(List<NodeCall> calls) {
    Map<String, Integer> written = new HashMap<>();
    graph.updates().keySet().forEach(path -> written.put(path, calls.size()));
    for (int i = 0; i < calls.size(); i++) {
      for (int n : calls.get(i).stored()) {
        String path = direct.get(shared.getOrDefault(n, n));
        if (path != null) {
          written.merge(path, i, Math::min);
        }
      }
    }
    written.keySet().removeAll(read());
    List<Placement.Taken> taken = new ArrayList<>();
    plan.storage.forEach(
        (path, slot) -> {
          if (slot.arena() == Arena.GRADIENTS) {
            int from = written.getOrDefault(path, 0);
            Lifetime life = new Lifetime(slot.type().bytes(), from, calls.size());
            taken.add(new Placement.Taken(slot.offset(), life));
          }
        });
    return taken;
  }

  /**
   * A copy.
   *
   * @param node what is copied
   * @param from where it is, if not in its place
   */
  private record Move(int node, Slot from, Slot to) {}

  private void live(Map<Integer, int[]> lives, int node, int call) {
    if (node < 0) {
      fixed.computeIfAbsent(node, this::stream);
      return;
    }
    if (!fixed.containsKey(node)) {
      lives.computeIfAbsent(node, x -> new int[] {call, call})[1] = call;
    }
  }

  /** The number of a random stream, as a table of one element. */
  private Slot stream(int binding) {
    TensorType one = TensorType.i32(1);
    Dense number = new Dense(one, new double[] {FusedCall.stream(binding)});
    return plan.dense.computeIfAbsent(number, x -> plan.allocate(Arena.CONSTANTS, one));
  }

  private KernelCall call(Move m) {
    Node n = graph.node(m.node());
    List<Slot> slots = new ArrayList<>();
    if (m.from() != null) {
      slots.add(m.from());
    } else if (fixed.containsKey(m.node()) && !(n.op() instanceof Fill || n.op() instanceof Iota)) {
      slots.add(fixed.get(m.node()));
    }
    slots.add(m.to());
    int kernel = plan.kernel(CopyKernels.kernel(n));
    return new KernelCall(kernel, slots, n.origin(), slots.size() > 1 ? "copy" : n.op().name());
  }

  private Call call(NodeCall c) {
    return switch (c) {
      case FusedCall k -> kernel(k);
      case FusedCollective f ->
          new CollectiveCall(f.op(), slots(f.from()), slots(f.to()), f.origin(), f.label());
    };
  }

  private KernelCall kernel(FusedCall c) {
    List<Long> memory = new ArrayList<>();
    for (int b : c.bindings()) {
      Slot s = fixed.get(b);
      memory.add(s.offset() * 8 + s.arena().ordinal());
    }
    FusedCall merged = MergeBuffers.of(c, memory);
    return new KernelCall(
        plan.kernel(merged.kernel()), slots(merged.bindings()), merged.origin(), merged.label());
  }

  private List<Slot> slots(List<Integer> bindings) {
    List<Slot> slots = new ArrayList<>();
    for (int b : bindings) {
      Slot s = fixed.get(b);
      slots.add(b < 0 ? s : new Slot(s.arena(), s.offset(), graph.node(b).type()));
    }
    return slots;
  }
}
