package dev.lgc.runtime.cli;

/** A mistake that every rank finds by itself, and of which another rank tells the user. */
final class SaidByAnother extends RuntimeException {
  private static final long serialVersionUID = 1L;

  SaidByAnother(RuntimeException mistake) {
    super(mistake.getMessage(), mistake);
  }
}
