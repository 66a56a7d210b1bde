package dev.lgc.dsl.check;

import java.util.ArrayList;
import java.util.List;

/** The path of an instance or parameter in its model: {@code layers.0.attention}. */
record Path(List<String> steps) {
  static final Path ROOT = new Path(List.of());

  Path {
    steps = List.copyOf(steps);
  }

  Path child(String step) {
    List<String> all = new ArrayList<>(steps);
    all.add(step);
    return new Path(all);
  }

  static Path parse(String text) {
    return text.isEmpty() ? ROOT : new Path(List.of(text.split("\\.")));
  }

  @Override
  public String toString() {
    return String.join(".", steps);
  }
}
