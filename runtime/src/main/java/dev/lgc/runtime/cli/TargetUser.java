package dev.lgc.runtime.cli;

import dev.lgc.runtime.exec.Target;
import java.util.List;

/** A command, or options of commands, that may need a target which not every JVM can use. */
interface TargetUser {
  /** The targets that lgc is to run in a JVM for that can use them. */
  List<Target> targets();
}
