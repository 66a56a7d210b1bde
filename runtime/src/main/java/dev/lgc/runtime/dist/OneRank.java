package dev.lgc.runtime.dist;

import dev.lgc.compiler.op.Collective;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** A run of one rank: a collective copies. */
public final class OneRank implements Ranks {
  @Override
  public int rank() {
    return 0;
  }

  @Override
  public int size() {
    return 1;
  }

  @Override
  public Pending start(Collective op, List<MemorySegment> from, List<MemorySegment> to) {
    CollectiveMemory.of(op, this, from, to).copy();
    return Pending.DONE;
  }

  @Override
  public byte[][] gather(byte[] mine) {
    return new byte[][] {mine.clone()};
  }

  @Override
  public void abort(String why, int code) {
    System.err.println("lgc: " + why);
    Runtime.getRuntime().exit(code);
  }

  @Override
  public void close() {}
}
