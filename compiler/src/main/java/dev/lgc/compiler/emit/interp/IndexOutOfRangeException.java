package dev.lgc.compiler.emit.interp;

import dev.lgc.dsl.text.Text;

/** A data-dependent index that lies outside its tensor. */
public final class IndexOutOfRangeException extends RuntimeException {
  private static final long serialVersionUID = 1;

  IndexOutOfRangeException(int index, int extent) {
    super(Text.format("index %d is outside 0 … %d", index, extent - 1));
  }
}
