package dev.lgc.runtime.train;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lgc.runtime.data.BadPicture;
import dev.lgc.runtime.data.PictureSource;
import dev.lgc.runtime.report.ProgressBar;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;

/**
 * Tells of each picture that cannot be read once, as they are found; and lists them in {@code
 * bad-pictures.jsonl} in a run's folder, one to a line, with those of earlier starts of the run.
 */
public final class BadPictures {
  /** So many are told one by one. */
  private static final int MOST_TOLD = 10;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final List<PictureSource> sources;
  private final int[] known;
  private final Optional<Path> list;
  private final Consumer<String> warn;
  private final Set<BadPicture> found = new LinkedHashSet<>();
  private Set<String> listed;

  /**
   * Of some sources.
   *
   * @param list where they are listed
   * @param warn is told of each
   */
  public BadPictures(List<PictureSource> sources, Optional<Path> list, Consumer<String> warn) {
    this.sources = List.copyOf(sources);
    this.known = new int[sources.size()];
    this.list = list;
    this.warn = warn;
  }

  /** Tells of those that were found since it was last asked; returns how many. */
  public int tell() {
    List<BadPicture> fresh = new ArrayList<>();
    for (int i = 0; i < known.length; i++) {
      List<BadPicture> more = sources.get(i).bad(known[i]);
      known[i] += more.size();
      more.stream().filter(found::add).forEach(fresh::add);
    }
    if (fresh.isEmpty()) {
      return 0;
    }
    int before = found.size() - fresh.size();
    fresh.stream()
        .limit(Math.max(0, MOST_TOLD - before))
        .forEach(b -> warn.accept("bad picture: " + b.why()));
    if (before <= MOST_TOLD && found.size() > MOST_TOLD) {
      warn.accept(
          "more pictures are bad"
              + list.map(f -> ": " + f + " has all of them").orElse(", and are counted"));
    }
    list.ifPresent(f -> append(f, fresh));
    return fresh.size();
  }

  /** Shows progress, and tells of bad pictures below it as they are found. */
  public LongConsumer telling(ProgressBar bar) {
    return done -> {
      bar.update(done);
      if (hasNews()) {
        bar.endLine();
        tell();
      }
    };
  }

  private boolean hasNews() {
    return IntStream.range(0, known.length).anyMatch(i -> !sources.get(i).bad(known[i]).isEmpty());
  }

  /** The number of bad pictures. */
  public int count() {
    return found.size();
  }

  /** For scripts: the number, and what is wrong with a few of them. */
  public Map<String, Object> json() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("count", found.size());
    all.put("examples", found.stream().limit(MOST_TOLD).map(BadPicture::why).toList());
    return all;
  }

  private void append(Path file, List<BadPicture> fresh) {
    try {
      if (listed == null) {
        listed =
            Files.exists(file)
                ? new LinkedHashSet<>(Files.readAllLines(file))
                : new LinkedHashSet<>();
      }
      List<String> lines = new ArrayList<>();
      for (BadPicture b : fresh) {
        Map<String, String> line = new LinkedHashMap<>();
        line.put("picture", b.name());
        line.put("why", b.why());
        String text = JSON.writeValueAsString(line);
        if (listed.add(text)) {
          lines.add(text);
        }
      }
      Files.createDirectories(file.getParent());
      Files.write(file, lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      warn.accept("the list of bad pictures, " + file + ", cannot be written: " + e.getMessage());
    }
  }
}
