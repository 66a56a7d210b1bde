package dev.lgc.compiler.emit.interp;

/** A data-dependent index that lies outside its tensor. */
public final class IndexFault extends RuntimeException {
  private static final long serialVersionUID = 1;

  IndexFault(int index, int extent) {
    super("index %d is outside 0 … %d".formatted(index, extent - 1));
  }
}
