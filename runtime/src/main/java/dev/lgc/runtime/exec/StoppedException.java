package dev.lgc.runtime.exec;

/** A run that ended before its step did, as it was asked to: see {@link Session#unlessStopped}. */
public final class StoppedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Without a trace: it is no fault. */
  public StoppedException() {
    super("stopped", null, false, false);
  }
}
