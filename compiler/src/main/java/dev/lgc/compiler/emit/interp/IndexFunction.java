package dev.lgc.compiler.emit.interp;

/** An index as a function of the position, by axis number. */
interface IndexFunction {
  int at(int[] position);
}
