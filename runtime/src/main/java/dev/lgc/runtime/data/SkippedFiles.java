package dev.lgc.runtime.data;

import dev.lgc.dsl.text.Text;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The files and folders below a data folder that are not taken, counted by the reason.
 *
 * @param groups one for each reason there was
 */
public record SkippedFiles(List<Group> groups) {
  /** Nothing is left out. */
  public static final SkippedFiles NONE = new SkippedFiles(List.of());

  private static final int EXAMPLES = 3;

  /** The reasons for which files and folders are not taken. */
  public enum Reason {
    /** A file whose ending is not that of an image. */
    OTHER_ENDINGS("file", "whose ending is not that of an image"),
    /** A file whose name begins with a dot. */
    HIDDEN_FILES("hidden file", ""),
    /** A folder whose name begins with a dot, with all that is in it. */
    HIDDEN_FOLDERS("hidden folder", ""),
    /** A folder, beside images, that holds none. */
    FOLDERS_WITHOUT_IMAGES("folder", "without an image"),
    /** A link to a folder that the link is in: following it would never end. */
    LOOPS("link", "to a folder that the link is in"),
    /** A file or folder, reached by a link or beside one, that the same class has already. */
    DUPLICATES("entry", "that the class has already"),
    /** A link to nothing. */
    BROKEN_LINKS("link", "to nothing"),
    /** A pipe, a socket or a device. */
    SPECIAL_FILES("entry", "that is not a regular file");

    private final String noun;
    private final String which;

    Reason(String noun, String which) {
      this.noun = noun;
      this.which = which;
    }

    private String text(int count) {
      String many = noun.endsWith("y") ? noun.substring(0, noun.length() - 1) + "ies" : noun + "s";
      return count + " " + (count == 1 ? noun : many) + (which.isEmpty() ? "" : " " + which);
    }
  }

  /**
   * The files and folders that are skipped for one reason.
   *
   * @param count how many files or folders
   * @param examples a few of them, relative to the data folder; of {@link Reason#OTHER_ENDINGS},
   *     one of each ending
   */
  public record Group(Reason reason, int count, List<String> examples) {
    private String text() {
      String dots = count > examples.size() ? ", …" : "";
      return Text.format("%s (%s%s)", reason.text(count), String.join(", ", examples), dots);
    }
  }

  public SkippedFiles {
    groups = List.copyOf(groups);
  }

  public boolean isEmpty() {
    return groups.isEmpty();
  }

  /** One line: {@code 2 hidden files (.a, b/.c); 1 link to nothing (d)}. */
  public String text() {
    return groups.stream().map(Group::text).collect(Collectors.joining("; "));
  }

  /** For scripts: by reason, {@code count} and {@code examples}. */
  public Map<String, Object> json() {
    Map<String, Object> all = new LinkedHashMap<>();
    for (Group g : groups) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("count", g.count);
      one.put("examples", g.examples);
      all.put(g.reason.name().toLowerCase(Locale.ROOT), one);
    }
    return all;
  }

  /** Counts. */
  static final class Tally {
    private final Map<Reason, List<String>> examples = new EnumMap<>(Reason.class);
    private final Map<Reason, Integer> counts = new EnumMap<>(Reason.class);

    void add(Reason reason, String name) {
      counts.merge(reason, 1, Integer::sum);
      List<String> some = examples.computeIfAbsent(reason, _ -> new ArrayList<>());
      boolean known =
          reason == Reason.OTHER_ENDINGS
              && some.stream().anyMatch(s -> ending(s).equals(ending(name)));
      if (some.size() < EXAMPLES && !known) {
        some.add(name);
      }
    }

    int count(Reason reason) {
      return counts.getOrDefault(reason, 0);
    }

    SkippedFiles leftOut() {
      return new SkippedFiles(
          counts.entrySet().stream()
              .map(e -> new Group(e.getKey(), e.getValue(), List.copyOf(examples.get(e.getKey()))))
              .toList());
    }
  }

  /** The ending of a file's name, without the dot and in small letters; empty if it has none. */
  static String ending(String name) {
    int start = name.lastIndexOf('/') + 1;
    int dot = name.lastIndexOf('.');
    return dot > start ? name.substring(dot + 1).toLowerCase(Locale.ROOT) : "";
  }
}
