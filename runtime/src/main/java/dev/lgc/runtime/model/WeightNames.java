package dev.lgc.runtime.model;

import dev.lgc.dsl.diagnostic.NearNames;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.ForeignFile;
import dev.lgc.runtime.io.SafetensorsFile;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The names that a file of weights has for a model's tensors: their paths, or their paths behind
 * what programs put in front of them ({@code module.}, {@code _orig_mod.}, {@code model.}, {@code
 * ema.} in any combination) or between ({@code layers.0._orig_mod.norm.weight}).
 *
 * <p>Of two sets of names in one file that both have what is needed, such as {@code model.} and
 * {@code ema.}, the plain one is taken, else the average where averages are wanted, else the first.
 */
public final class WeightNames {
  /** Words that stand in front: data parallelism, compilation, dictionaries in dictionaries. */
  private static final Set<String> FRONT =
      Set.of("module", "_orig_mod", "model", "ema", "ema_model", "model_ema", "state_dict");

  /** Words that stand in front or between, and never are a name of the model's own. */
  private static final Set<String> WRAPPERS =
      Set.of("_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module");

  private static final int MOST_PARTS = 4;
  private static final int SHOWN = 4;

  private final SafetensorsFile file;
  private final Set<String> wanted;
  private final Map<String, String> byPath;
  private final List<String> others;

  private WeightNames(
      SafetensorsFile file, Set<String> wanted, Map<String, String> byPath, List<String> others) {
    this.file = file;
    this.wanted = wanted;
    this.byPath = byPath;
    this.others = others;
  }

  /**
   * Those of a file.
   *
   * @param paths of the tensors that are wanted
   * @param averaged whether averages are wanted where there are any
   */
  public static WeightNames of(SafetensorsFile file, Collection<String> paths, boolean averaged) {
    Map<String, Map<String, String>> sets = new LinkedHashMap<>();
    sets.put("", new HashMap<>());
    for (String name : file.allNames()) {
      sets.get("").put(name, name);
    }
    if (sets.get("").keySet().containsAll(paths)) {
      return new WeightNames(file, Set.copyOf(paths), sets.get(""), List.of());
    }
    for (String name : file.allNames()) {
      String inner = unwrapped(name);
      for (int end = front(inner); end > 0; end = shorter(inner, end)) {
        sets.computeIfAbsent(inner.substring(0, end), p -> new HashMap<>())
            .putIfAbsent(inner.substring(end), name);
      }
      sets.get("").putIfAbsent(inner, name);
    }
    List<String> best = new ArrayList<>();
    long most = -1;
    for (Map.Entry<String, Map<String, String>> s : sets.entrySet()) {
      long found = paths.stream().filter(s.getValue()::containsKey).count();
      if (found > most) {
        most = found;
        best.clear();
      }
      if (found == most) {
        best.add(s.getKey());
      }
    }
    String taken = best.getFirst();
    if (most == 0) {
      return new WeightNames(file, Set.copyOf(paths), sets.get(""), List.of());
    }
    if (!taken.isEmpty()) {
      Comparator<String> order = Comparator.comparing(p -> isAverage(p) != averaged);
      taken = best.stream().min(order).orElseThrow(); // the first of equals
    }
    best.remove(taken);
    return new WeightNames(file, Set.copyOf(paths), sets.get(taken), best);
  }

  /**
   * Returns true if all names of a file stand behind something, some behind {@code ema.} or the
   * like.
   */
  static boolean hasAverages(SafetensorsFile file) {
    List<String> fronts =
        file.allNames().stream()
            .map(WeightNames::unwrapped)
            .map(n -> n.substring(0, front(n)))
            .toList();
    return fronts.stream().noneMatch(String::isEmpty)
        && fronts.stream().anyMatch(WeightNames::isAverage);
  }

  private static boolean isAverage(String prefix) {
    return prefix.contains("ema");
  }

  /** Without wrappers, wherever they are. */
  private static String unwrapped(String name) {
    StringBuilder s = new StringBuilder();
    for (String part : name.split("\\.", -1)) {
      if (!WRAPPERS.contains(part)) {
        s.append(s.isEmpty() ? "" : ".").append(part);
      }
    }
    return s.toString();
  }

  /** The end of the words that may stand in front. */
  private static int front(String name) {
    int end = 0;
    int parts = 0;
    for (int dot = name.indexOf('.'); dot > 0 && parts < MOST_PARTS; dot = name.indexOf('.', end)) {
      if (!FRONT.contains(name.substring(end, dot))) {
        break;
      }
      end = dot + 1;
      parts++;
    }
    return end;
  }

  /** The end of the same without its last part. */
  private static int shorter(String name, int end) {
    return end < 2 ? 0 : name.lastIndexOf('.', end - 2) + 1;
  }

  /** The file's name for the tensor at {@code path}, if it has it. */
  public Optional<String> find(String path) {
    return Optional.ofNullable(byPath.get(path));
  }

  /** The words that were taken off the names, in one line; empty if they are the model's. */
  public Optional<String> note() {
    Optional<Map.Entry<String, String>> some =
        byPath.entrySet().stream()
            .filter(e -> wanted.contains(e.getKey()) && !e.getKey().equals(e.getValue()))
            .min(Map.Entry.comparingByKey());
    return some.map(
        e -> {
          String path = e.getKey();
          String name = e.getValue();
          String taken =
              name.endsWith(path)
                  ? "`"
                      + name.substring(0, name.length() - path.length())
                      + "` is taken off the names of its tensors"
                  : "`" + name + "` is taken for " + path + ", and others likewise";
          String more =
              others.isEmpty() ? "" : "; it also has them as `" + others.getFirst() + "…`";
          return file.path() + ": " + taken + more;
        });
  }

  /**
   * The message for tensors that are missing.
   *
   * @param paths which ones, at least one
   * @param type of the first of them
   * @param model which has them
   */
  public BadInputException missing(List<String> paths, String type, String model) {
    String path = paths.getFirst();
    String what = "no tensor " + path;
    if (paths.size() > 1) {
      what += " nor " + (paths.size() - 1) + " more of " + wanted.size();
    }
    String hint = known(path);
    if (ForeignFile.isOneOfSeveral(file.path())) {
      what = "one of several files that hold a model together; " + what;
      hint = ForeignFile.join();
    }
    return BadInputException.in(file.path(), what, type + ", which " + model + " has", hint);
  }

  /** The names that the file has instead of {@code path}. */
  private String known(String path) {
    List<String> names = file.allNames();
    if (names.isEmpty()) {
      return "the file has no tensor at all";
    }
    List<String> near = NearNames.of(path, byPath.keySet());
    String some = names.stream().limit(SHOWN).collect(Collectors.joining(", "));
    return Text.format(
        "%sit has %d: %s%s%s",
        near.isEmpty() ? "" : "near: " + String.join(", ", near) + "; ",
        names.size(),
        some,
        names.size() > SHOWN ? ", …" : "",
        near.isEmpty() ? "; does it belong to another model?" : "");
  }
}
