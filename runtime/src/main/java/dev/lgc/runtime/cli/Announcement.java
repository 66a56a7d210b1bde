package dev.lgc.runtime.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** The line by which a JVM says that the Vector API is incubating: no news for users. */
final class Announcement {
  private static final String LINE = "WARNING: Using incubator modules";

  private Announcement() {}

  /** Passes on what comes, as it comes, but for the lines that say so: one of each JVM. */
  static void drop(InputStream from, OutputStream to) {
    try (InputStream in = new BufferedInputStream(from)) {
      OutputStream out = new BufferedOutputStream(to);
      int matched = 0; // characters of the line that a line begins with; -1 within another one
      for (int b = in.read(); b >= 0; b = in.read()) {
        if (matched >= 0 && b == LINE.charAt(matched)) {
          matched++;
          if (matched == LINE.length()) {
            skipLine(in);
            matched = 0;
          }
        } else {
          out.write(LINE.getBytes(US_ASCII), 0, Math.max(0, matched));
          out.write(b);
          matched = b == '\n' ? 0 : -1;
        }
        if (in.available() == 0) {
          out.flush();
        }
      }
      out.write(LINE.getBytes(US_ASCII), 0, Math.max(0, matched));
      out.flush();
    } catch (IOException e) {
      return; // whoever should read this is gone
    }
  }

  private static void skipLine(InputStream in) throws IOException {
    int b = in.read();
    while (b >= 0 && b != '\n') {
      b = in.read();
    }
  }
}
