package dev.lgc.compiler.plan;

import dev.lgc.compiler.fuse.NodeCall;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/** Calls so that every value is computed before it is read, otherwise in the graph's order. */
final class Order {
  private final List<NodeCall> calls;
  private final List<NodeCall> ordered = new ArrayList<>();
  private final int[] waiting;

  /**
   * @param constraints pairs of calls, the first of which must come first
   */
  Order(List<NodeCall> calls, List<int[]> constraints) {
    this.calls = calls;
    waiting = new int[calls.size()];
    Map<Integer, Integer> producer = new HashMap<>();
    int[] place = new int[calls.size()];
    for (int i = 0; i < calls.size(); i++) {
      place[i] = calls.get(i).place();
      for (int s : calls.get(i).stored()) {
        producer.put(s, i);
      }
    }
    List<List<Integer>> after = new ArrayList<>();
    calls.forEach(c -> after.add(new ArrayList<>()));
    for (int i = 0; i < calls.size(); i++) {
      for (int b : calls.get(i).bindings()) {
        int p = producer.getOrDefault(b, i);
        if (p != i) {
          after.get(p).add(i);
          waiting[i]++;
        }
      }
    }
    for (int[] c : constraints) {
      after.get(c[0]).add(c[1]);
      waiting[c[1]]++;
    }
    PriorityQueue<Integer> ready =
        new PriorityQueue<>(
            Comparator.comparingInt((Integer c) -> place[c]).thenComparingInt(c -> c));
    for (int i = 0; i < waiting.length; i++) {
      if (waiting[i] == 0) {
        ready.add(i);
      }
    }
    while (!ready.isEmpty()) {
      int c = ready.remove();
      ordered.add(calls.get(c));
      for (int next : after.get(c)) {
        if (--waiting[next] == 0) {
          ready.add(next);
        }
      }
    }
  }

  boolean isComplete() {
    return ordered.size() == calls.size();
  }

  List<NodeCall> calls() {
    return ordered;
  }

  /** Nodes whose calls wait for each other. */
  List<Integer> stuck() {
    List<Integer> nodes = new ArrayList<>();
    for (int i = 0; i < waiting.length; i++) {
      if (waiting[i] > 0) {
        nodes.addAll(calls.get(i).stored());
      }
    }
    return nodes;
  }
}
