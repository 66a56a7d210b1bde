package dev.lgc.compiler.emit.interp;

import dev.lgc.dsl.text.Text;

/** A data-dependent index that lies outside its tensor. */
public final class IndexFault extends RuntimeException {
  private static final long serialVersionUID = 1;

  IndexFault(int index, int extent) {
    super(Text.format("index %d is outside 0 … %d", index, extent - 1));
  }
}
