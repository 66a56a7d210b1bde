package dev.lgc.compiler.fuse;

import dev.lgc.compiler.graph.Origin;
import java.util.List;

/** A call of a graph, with the nodes whose memory it works on: of a kernel, or of a collective. */
public sealed interface NodeCall permits FusedCall, FusedCollective {
  /** The nodes whose memory it reads or writes; negative numbers are those of random streams. */
  List<Integer> bindings();

  /** Nodes it computes into memory. */
  List<Integer> stored();

  /** The number of the node that it is ordered by, where calls may come in any order. */
  int place();

  /** The most telling {@code .arch} line. */
  Origin origin();

  /** The ops in it, for reports. */
  String label();
}
