package dev.lgc.runtime.config;

import dev.lgc.dsl.text.Text;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An amount of memory, as people write it: {@code 2.5GiB}, {@code 800 MB}, {@code 4096}. */
public final class ByteSize {
  private static final Pattern TEXT =
      Pattern.compile("([0-9]+\\.?[0-9]*|\\.[0-9]+)\\s*([A-Za-z]*)");

  private static final Map<String, Long> UNITS =
      Map.ofEntries(
          Map.entry("", 1L),
          Map.entry("B", 1L),
          Map.entry("kB", 1_000L),
          Map.entry("MB", 1_000_000L),
          Map.entry("GB", 1_000_000_000L),
          Map.entry("TB", 1_000_000_000_000L),
          Map.entry("KiB", 1L << 10),
          Map.entry("MiB", 1L << 20),
          Map.entry("GiB", 1L << 30),
          Map.entry("TiB", 1L << 40));

  /** The form of a size, for messages. */
  public static final String EXPECTED =
      "a size such as 2.5GiB or 800MB (units B, kB, MB, GB, TB, KiB, MiB, GiB, TiB)";

  private final long bytes;

  public ByteSize(long bytes) {
    this.bytes = bytes;
  }

  /** Parses {@code text}; empty if it is no size of at least one byte. */
  public static Optional<ByteSize> parse(String text) {
    Matcher m = TEXT.matcher(text.strip());
    Long unit = m.matches() ? UNITS.get(m.group(2)) : null;
    if (unit == null) {
      return Optional.empty();
    }
    double bytes = Double.parseDouble(m.group(1)) * unit;
    return bytes >= 1 && bytes < 0x1p62
        ? Optional.of(new ByteSize((long) bytes))
        : Optional.empty();
  }

  public long bytes() {
    return bytes;
  }

  /** A size that is no smaller, and is said without rounding: for a limit to be given as said. */
  public ByteSize roundedUp() {
    long unit = 1;
    while (unit < 1L << 40 && bytes >= 1024 * unit) {
      unit *= 1024;
    }
    return unit == 1
        ? this
        : new ByteSize((long) Math.ceil(Math.ceil(bytes * 100.0 / unit) * unit / 100));
  }

  /** In the largest unit of 1024 that leaves a number of at least one, to two places. */
  @Override
  public String toString() {
    List<String> units = List.of("B", "KiB", "MiB", "GiB", "TiB");
    int u = 0;
    double n = bytes;
    while (n >= 1024 && u < units.size() - 1) {
      n /= 1024;
      u++;
    }
    return u == 0 ? bytes + "B" : Text.format("%.2f%s", n, units.get(u));
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof ByteSize b && b.bytes == bytes;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(bytes);
  }
}
