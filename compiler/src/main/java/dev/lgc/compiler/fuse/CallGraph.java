package dev.lgc.compiler.fuse;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The calls of a graph and the values that they hand to each other: who computes a value, who reads
 * it, which calls are joined, and what must run before what. Calls that are joined run as one.
 */
final class CallGraph {
  private final List<NodeCall> calls;

  /** By node: the call that stores it. */
  private final Map<Integer, Integer> producers = new HashMap<>();

  /** By node: the calls that read it. */
  private final Map<Integer, List<Integer>> readers = new HashMap<>();

  /** Calls that must come after those that read what they overwrite, by what they overwrite. */
  private final Map<Integer, Integer> overwriting = new HashMap<>();

  /** By call: those it is joined with, itself among them. */
  private final List<Set<Integer>> joined = new ArrayList<>();

  /** By call: how many calls are before it on the longest way there. */
  private final int[] ranks;

  /**
   * @param kernels its calls, but for collectives
   * @param inPlace dynamic updates that overwrite their first operand
   */
  CallGraph(NodeAnalysis analysis, List<FusedCall> kernels, Set<Integer> inPlace) {
    calls = new ArrayList<>(kernels);
    calls.addAll(FusedCollective.of(analysis.graph));
    for (int i = 0; i < calls.size(); i++) {
      joined.add(Set.of(i));
      for (int s : calls.get(i).stored()) {
        producers.put(s, i);
        if (inPlace.contains(s)) {
          overwriting.put(analysis.node(s).operands().getFirst(), i);
        }
      }
    }
    for (int i = 0; i < calls.size(); i++) {
      for (int b : calls.get(i).bindings()) {
        if (b >= 0 && !Optional.of(i).equals(producer(b))) {
          readers.computeIfAbsent(b, x -> new ArrayList<>()).add(i);
        }
      }
    }
    ranks = ranks();
  }

  /** The call that stores a node. */
  Optional<Integer> producer(int node) {
    return Optional.ofNullable(producers.get(node));
  }

  /** The calls that read a node, but for the one that stores it. */
  List<Integer> readers(int node) {
    return readers.getOrDefault(node, List.of());
  }

  /** Returns true for a node that one call stores and others read. */
  boolean isHandedOn(int node) {
    return producers.containsKey(node) && readers.containsKey(node);
  }

  /** The calls that a call is joined with, itself among them. */
  Set<Integer> joined(int call) {
    return joined.get(call);
  }

  void join(Set<Integer> all) {
    all.forEach(c -> joined.set(c, all));
  }

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

  /** Calls in an order in which they can run. */
  List<Integer> ordered(Set<Integer> all) {
    return all.stream()
        .sorted((a, b) -> ranks[a] != ranks[b] ? ranks[a] - ranks[b] : a - b)
        .toList();
  }

  private int least(Set<Integer> all) {
    return all.stream().mapToInt(c -> ranks[c]).min().orElseThrow();
  }

  /** Returns true if something outside needs what they compute, and they need what it computes. */
  boolean isCircular(Set<Integer> all) {
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
