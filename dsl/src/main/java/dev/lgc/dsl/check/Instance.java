package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.Stmt;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A block at a path: its names, its forwards, and for a model its objectives and generators. */
final class Instance implements Value {
  private final Value.Block block;
  private final Path path;
  private final Scope scope;
  private final boolean frozen;
  private final Map<String, Value.Forward> forwards = new LinkedHashMap<>();
  private final List<Entrance> entrances = new ArrayList<>();

  /** An objective or generator and where its names are looked up. */
  record Entrance(Stmt statement, Scope scope) {}

  Instance(Value.Block block, Path path, Scope scope, boolean frozen) {
    this.block = block;
    this.path = path;
    this.scope = scope;
    this.frozen = frozen;
  }

  Value.Block block() {
    return block;
  }

  Path path() {
    return path;
  }

  Scope scope() {
    return scope;
  }

  boolean frozen() {
    return frozen;
  }

  Map<String, Value.Forward> forwards() {
    return forwards;
  }

  List<Entrance> entrances() {
    return entrances;
  }

  @Override
  public String toString() {
    return block.name() + " at " + path;
  }
}
