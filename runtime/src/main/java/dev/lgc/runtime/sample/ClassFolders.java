package dev.lgc.runtime.sample;

import dev.lgc.runtime.data.ClassNames;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A folder for each class: named as the class is where any file system can hold that name, and
 * otherwise with the bytes that it cannot hold written as {@code %2F}. Different classes have
 * different folders, on file systems that do not tell upper from lower case as well.
 */
public final class ClassFolders {
  private static final int LONGEST = 200;
  private static final Pattern RESERVED =
      Pattern.compile("(?i)(con|prn|aux|nul|com\\d|lpt\\d)(\\..*)?");

  private final List<String> folders = new ArrayList<>();
  private final Set<String> taken = new HashSet<>();

  /** Of all classes that have names. */
  public ClassFolders(ClassNames classes) {
    for (int i = 0; i < classes.size(); i++) {
      String name = classes.names().get(i);
      String folder = safe(name);
      if (!taken.add(folded(folder))) {
        folder = encoded(name);
        taken.add(folded(folder));
      }
      // No name has a NUL in it, so that nothing else begins with %00.
      folders.add(bytes(folder) <= LONGEST ? folder : "%00class-" + i);
    }
  }

  /** The folder of class {@code number}: its number, if it has no name. */
  public String of(int number) {
    if (number < folders.size()) {
      return folders.get(number);
    }
    return taken.contains(String.valueOf(number)) ? "%00class-" + number : "" + number;
  }

  private static String safe(String name) {
    StringBuilder s = new StringBuilder();
    for (int i = 0; i < name.length(); ) {
      int c = name.codePointAt(i);
      int next = i + Character.charCount(c);
      boolean last = next == name.length();
      boolean unsafe =
          Character.isISOControl(c)
              || "/\\:*?\"<>|".indexOf(c) >= 0
              || (c == '%' && name.substring(i).matches("(?s)%[0-9A-Fa-f]{2}.*"))
              || (c == '.' && (i == 0 || last))
              || (c == ' ' && (i == 0 || last));
      s.append(unsafe ? encoded(Character.toString(c)) : Character.toString(c));
      i = next;
    }
    return RESERVED.matcher(s).matches() || s.isEmpty() ? encoded(name) : s.toString();
  }

  private static String encoded(String text) {
    StringBuilder s = new StringBuilder();
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      s.append('%').append(hex(b >> 4)).append(hex(b));
    }
    return s.toString();
  }

  private static char hex(int digit) {
    return Character.toUpperCase(Character.forDigit(digit & 15, 16));
  }

  private static String folded(String folder) {
    return Normalizer.normalize(folder, Normalizer.Form.NFC).toLowerCase(Locale.ROOT);
  }

  private static int bytes(String folder) {
    return folder.getBytes(StandardCharsets.UTF_8).length;
  }
}
