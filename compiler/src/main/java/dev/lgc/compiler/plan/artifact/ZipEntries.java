package dev.lgc.compiler.plan.artifact;

import java.time.LocalDateTime;
import java.util.zip.ZipEntry;

/** Entries of a zip whose bytes do not depend on when it is written. */
final class ZipEntries {
  /** Not the first of all times: the JDK would write that in the zone's time, too. */
  private static final LocalDateTime TIME = LocalDateTime.of(1980, 2, 1, 0, 0);

  private ZipEntries() {}

  /** A new entry. */
  static ZipEntry named(String name) {
    ZipEntry entry = new ZipEntry(name);
    entry.setTimeLocal(TIME);
    return entry;
  }
}
