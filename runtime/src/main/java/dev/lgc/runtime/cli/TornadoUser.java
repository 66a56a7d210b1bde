package dev.lgc.runtime.cli;

/** A command, or options of commands, for which TornadoVM may be needed. */
interface TornadoUser {
  /** Whether lgc is to run in a JVM that can use TornadoVM. */
  boolean wantsTornado();
}
