package dev.lgc.runtime.data;

import dev.lgc.dsl.text.Text;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The contents of a data folder: the pictures that are taken, and the files that are skipped.
 *
 * @param root the folder
 * @param pictures how many are taken
 * @param classes how many classes they are in
 * @param deeper those of them in folders inside of class folders
 * @param repeated those of them that another class has too, through links
 * @param leftOut what is not taken
 */
public record FolderContents(
    Path root, int pictures, int classes, Some deeper, Some repeated, SkippedFiles leftOut) {

  /** A number of pictures, and the names of a few of them. */
  public record Some(int count, List<String> examples) {
    static final int EXAMPLES = 3;

    public Some {
      examples = List.copyOf(examples);
    }

    static Some of(List<String> names) {
      return new Some(names.size(), names.subList(0, Math.min(EXAMPLES, names.size())));
    }

    private Optional<String> text(String where) {
      String dots = count > examples.size() ? ", …" : "";
      return count == 0
          ? Optional.empty()
          : Optional.of(
              Text.format("%d of them %s (%s%s)", count, where, String.join(", ", examples), dots));
    }

    private Map<String, Object> json() {
      Map<String, Object> all = new LinkedHashMap<>();
      all.put("count", count);
      all.put("examples", examples);
      return all;
    }
  }

  /** For people: {@code 12 pictures in 2 classes}, and a line for each thing worth knowing. */
  public String text() {
    StringBuilder s = new StringBuilder();
    s.append(pictures).append(pictures == 1 ? " picture in " : " pictures in ");
    s.append(classes).append(classes == 1 ? " class" : " classes");
    deeper.text("in folders inside of class folders").ifPresent(t -> s.append("\n  ").append(t));
    repeated.text("in another class too, through links").ifPresent(t -> s.append("\n  ").append(t));
    if (!leftOut.isEmpty()) {
      s.append("\n  left out: ").append(leftOut.text());
    }
    return s.toString();
  }

  /** For scripts. */
  public Map<String, Object> json() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("pictures", pictures);
    all.put("classes", classes);
    all.put("in_deeper_folders", deeper.json());
    all.put("in_several_classes", repeated.json());
    all.put("left_out", leftOut.json());
    return all;
  }
}
