package dev.lgc.compiler.emit.jvm.contraction;

/**
 * Packs a block of as many positions and steps as a vector has lanes, where steps are neighbours in
 * memory. Emitted.
 */
public interface Transposer {
  /**
   * Copies {@code element(position, step)} to {@code to + 4 position + toStep · step}, for all
   * steps in their order. What lies behind the last position is overwritten too.
   *
   * @param source address of the first step of what is at place 0
   * @param positions address of the table of the positions' places
   * @param steps that exist, at most as many as lanes
   */
  void block(long source, long positions, int steps, long to, long toStep);
}
