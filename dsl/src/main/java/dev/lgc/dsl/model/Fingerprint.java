package dev.lgc.dsl.model;

import dev.lgc.dsl.text.Text;
import dev.lgc.dsl.type.Intrinsic;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/**
 * Names what weights mean: which tensors there are, which sub-blocks with which arguments, and what
 * is computed of them when nothing is trained, operation by operation. Blind to spelling, comments
 * and places, and to how many samples and positions are computed at once: a generator of 16 x 16
 * codes and one of 24 x 24 have the same weights.
 *
 * <p>So ranks are in it and sizes are not, but for those of stored tensors and those that
 * sub-blocks are given as arguments; slices are placed from the nearer end; a broadcast is its
 * operand, since with one sample there is none; and of an objective its evaluation counts, whose
 * numbers do not depend on how many samples a statistic was taken of.
 */
public final class Fingerprint {
  private final StringBuilder text = new StringBuilder();

  private Fingerprint() {}

  /**
   * Hex SHA-256 of what weights mean: the name, the stored tensors' paths, roles and types, the
   * sub-blocks and the operations. Equal fingerprints mean interchangeable weights; the batch and
   * the number of positions change nothing. Computed anew at every call.
   */
  public static String of(CheckedModel m) {
    Fingerprint f = new Fingerprint();
    f.text.append(m.name()).append('\n');
    m.storage().forEach(s -> f.line(Text.format("%s %s %s", s.path(), s.role(), s.type())));
    m.blocks().forEach(b -> f.line(b.path() + " = " + b.block() + b.arguments()));
    m.entries().stream().filter(e -> e.kind() != Entry.Kind.OBJECTIVE).forEach(f::entry);
    return f.hash();
  }

  private void line(String s) {
    text.append(s).append('\n');
  }

  private void entry(Entry e) {
    line(e.kind() + " " + e.name());
    int[] numbers = new int[e.values().size()];
    int next = 0;
    for (int i = 0; i < numbers.length; i++) {
      if (e.values().get(i) instanceof Call c && c.operation() == Intrinsic.BROADCAST) {
        numbers[i] = numbers[c.operands().getFirst()];
      } else {
        value(e, e.values().get(i), numbers);
        numbers[i] = next++;
      }
    }
    e.updates().forEach((path, v) -> line("update " + path + " " + numbers[v]));
    e.outputs().forEach((name, v) -> line("output " + name + " " + numbers[v]));
  }

  private void value(Entry e, Definition d, int[] numbers) {
    text.append(d.type().dtype()).append(' ').append(d.type().shape().rank()).append(' ');
    switch (d) {
      case Definition.Input i -> line("input " + i.name());
      case Definition.Read r -> line("read " + r.path());
      case Call c -> {
        text.append(c.operation());
        c.operands().forEach(o -> text.append(' ').append(numbers[o]));
        Map<String, Object> attributes = new TreeMap<>(c.attributes());
        if (c.operation() == Intrinsic.SLICE) {
          int extent = e.values().get(c.operands().getFirst()).type().shape().dim(axis(c));
          attributes.replaceAll(
              (k, v) -> k.equals("axis") ? v : (Object) place((Integer) v, extent));
        }
        line(" " + attributes + " " + c.module());
      }
    }
  }

  private static int axis(Call slice) {
    return (Integer) slice.attributes().get("axis");
  }

  /** The bound of a slice, counted from the nearer end: the axis may be of positions. */
  private static String place(int at, int extent) {
    return at <= extent - at ? "+" + at : "-" + (extent - at);
  }

  private String hash() {
    try {
      byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
