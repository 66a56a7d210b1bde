package dev.lgc.runtime.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** The line by which a JVM says that the Vector API is incubating: no news for users. */
final class Announcement {
  private static final String LINE = "WARNING: Using incubator modules";

  private Announcement() {}

  /**
   * Passes on what comes, as it comes, but for the first line if it says that the Vector API is
   * incubating.
   */
  static void drop(InputStream from, OutputStream to) {
    try (from) {
      byte[] announcement = new byte[256];
      int n = 0;
      int b;
      do {
        b = from.read();
        if (b >= 0) {
          announcement[n++] = (byte) b;
        }
      } while (b >= 0 && b != '\n' && n < announcement.length && begins(announcement, n));
      if (b != '\n' || !begins(announcement, n)) {
        to.write(announcement, 0, n);
        to.flush();
      }
      from.transferTo(to);
      to.flush();
    } catch (IOException e) {
      return; // whoever should read this is gone
    }
  }

  private static boolean begins(byte[] text, int length) {
    for (int i = 0; i < Math.min(length, LINE.length()); i++) {
      if (text[i] != LINE.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}
