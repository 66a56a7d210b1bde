package dev.lgc.dsl.check;

import dev.lgc.dsl.model.Dump;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.model.Storage;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * Names what a model computes: blind to spelling, comments and places, different as soon as a
 * number could be.
 */
final class Fingerprint {
  private Fingerprint() {}

  static String of(
      String name, Map<String, String> arguments, List<Storage> storage, List<Entry> entries) {
    StringBuilder text = new StringBuilder(name).append('\n');
    arguments.forEach((k, v) -> text.append(k).append('=').append(v).append('\n'));
    storage.forEach(
        s ->
            text.append(s.path())
                .append(' ')
                .append(s.role())
                .append(' ')
                .append(s.type())
                .append('\n'));
    entries.forEach(e -> Dump.entry(e, text));
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256")
              .digest(text.toString().getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
