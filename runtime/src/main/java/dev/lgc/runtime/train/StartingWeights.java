package dev.lgc.runtime.train;

import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Storage;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.data.ClassNames;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.SafetensorsFile;
import dev.lgc.runtime.io.TextLines;
import dev.lgc.runtime.model.Checkpoint;
import dev.lgc.runtime.model.CheckpointFolder;
import dev.lgc.runtime.model.ClassTable;
import dev.lgc.runtime.model.WeightNames;
import dev.lgc.runtime.model.Weights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * The weights that a run begins with ({@code start_from}), and which of their classes become which
 * of the run's.
 */
final class StartingWeights {
  private static final String WORDS =
      "`start_from: {path: …, classes: by_name}` takes over the classes that have the same name and"
          + " initialises the others; `by_number` goes by their numbers, `new` initialises all";

  private final TrainJob job;
  private final RunConfig.StartFrom from;
  private final Path path;
  private final CheckedModel model;
  private final TrainData data;
  private final SafetensorsFile file;
  private final Optional<Checkpoint> about;

  private StartingWeights(TrainJob job, Path path, TrainData data, SafetensorsFile file) {
    this.job = job;
    this.from = job.run().config().startFrom().orElseThrow();
    this.path = path;
    this.model = job.model();
    this.data = data;
    this.file = file;
    this.about = Checkpoint.in(file);
  }

  /**
   * Loads those that the run names: a checkpoint, or weights by the names in the model.
   *
   * @param warn is told of checkpoints that were passed over
   * @return what the user should know of what was loaded
   * @throws BadInputException if they do not fit, or their classes are not the run's and nothing
   *     says what to do about it
   */
  static List<String> load(TrainJob job, TrainData data, Weights weights, Consumer<String> warn) {
    Path given = job.run().resolve(job.run().config().startFrom().orElseThrow().path());
    Path path = CheckpointFolder.resolve(given, warn);
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      return new StartingWeights(job, path, data, file).load(weights);
    }
  }

  private List<String> load(Weights weights) {
    Map<String, int[]> rows = new LinkedHashMap<>();
    String classes = "";
    if (data.isLabelled()) {
      ClassNames then = names();
      if (from.classes() == RunConfig.StartFrom.Classes.SAME) {
        requireSame(then);
      } else {
        int[] begins = begins(then);
        for (ClassTable table : tables()) {
          rows.put(table.path(), table.rowsFrom(old(table), begins));
        }
        classes = "; " + said(begins);
      }
    }
    List<String> notes = new ArrayList<>(weights.load(file, false, rows).stream().toList());
    String step = about.map(c -> " after " + c.step() + " steps").orElse("");
    notes.add("start_from: the raw weights of " + path + step + classes);
    return notes;
  }

  /** The classes that the weights know, by name if anything says their names. */
  private ClassNames names() {
    return from.classFile()
        .map(f -> new ClassNames(TextLines.read(job.run().resolve(f))))
        .orElseGet(() -> about.map(c -> ClassNames.of(c.facts())).orElse(ClassNames.UNKNOWN));
  }

  private void requireSame(ClassNames then) {
    ClassNames now = data.classes();
    boolean agree =
        from.classFile().isPresent()
            ? then.equals(now)
            : about.map(c -> now.agreesWith(c.facts())).orElse(true);
    if (now.known() && !agree) {
      throw BadInputException.in(
          path,
          "weights of other classes: " + now.differenceFrom(then),
          "the run's classes",
          WORDS);
    }
    for (ClassTable table : tablesIfAny()) {
      int has = oldRows(table);
      if (has >= 0 && has != table.rows()) {
        throw BadInputException.in(
            path,
            "weights of " + table.like(has).classes() + " classes (" + table.path() + ")",
            table.classes() + ", which " + model.name() + " has",
            WORDS);
      }
    }
  }

  /** For each class of the model, the class of the weights that it begins as; -1 for none. */
  private int[] begins(ClassNames then) {
    return switch (from.classes()) {
      case SAME -> throw new IllegalStateException();
      case NEW -> new int[0];
      case BY_NUMBER -> {
        int most = tables().stream().mapToInt(t -> old(t).classes()).min().orElse(0);
        int all = tables().stream().mapToInt(ClassTable::classes).min().orElse(0);
        yield IntStream.range(0, all).map(i -> i < most ? i : -1).toArray();
      }
      case BY_NAME -> {
        if (!then.known() || !data.classes().known()) {
          throw then.known()
              ? new BadInputException(
                  "`start_from.classes: by_name`, though the run's classes have no names",
                  "codes that `lgc tokenize` made of folders",
                  "or `by_number`, or `new`")
              : BadInputException.in(
                  path,
                  "`start_from.classes: by_name`, though the weights do not name their classes",
                  "`start_from.class_file`, with a name in each line in the order of the classes",
                  "or `by_number`, or `new`");
        }
        yield data.classes().in(then);
      }
    };
  }

  private String said(int... begins) {
    List<String> kept = new ArrayList<>();
    List<String> begun = new ArrayList<>();
    for (int i = 0; i < data.classes().size(); i++) {
      boolean isKept = i < begins.length && begins[i] >= 0;
      (isKept ? kept : begun).add("`" + data.classes().shown(i) + "`");
    }
    String how = from.classes().name().toLowerCase(Locale.ROOT);
    if (!data.classes().known()) {
      return "classes "
          + how
          + ": "
          + IntStream.of(begins).filter(i -> i >= 0).count()
          + " taken over";
    }
    return Text.format(
        "classes %s: %d taken over%s, %d initialised%s",
        how, kept.size(), listed(kept), begun.size(), listed(begun));
  }

  private static String listed(List<String> names) {
    return names.isEmpty() ? "" : " (" + ClassNames.some(names) + ")";
  }

  /** The tables of the run's model. */
  private List<ClassTable> tables() {
    return ClassTable.of(model);
  }

  /** The same, or none if the model does with labels what cannot be told by rows. */
  private List<ClassTable> tablesIfAny() {
    try {
      return tables();
    } catch (BadInputException unfit) {
      return List.of();
    }
  }

  private int oldRows(ClassTable table) {
    List<String> all = model.storage().stream().map(Storage::path).toList();
    return WeightNames.of(file, all, false)
        .find(table.path())
        .map(name -> file.tensor(name).shape())
        .filter(shape -> shape.length > 0)
        .map(shape -> Math.toIntExact(shape[0]))
        .orElse(-1);
  }

  /** The table of the weights that a table of the run begins as. */
  private ClassTable old(ClassTable table) {
    if (about.isPresent()) {
      for (ClassTable t : ClassTable.of(about.get().check(1))) {
        if (t.path().equals(table.path())) {
          return t;
        }
      }
    }
    return table.like(Math.max(0, oldRows(table)));
  }
}
