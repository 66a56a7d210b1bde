package dev.lgc.runtime.train;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.data.ClassNames;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.Checkpoint;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The check that a run may go on from a checkpoint: of the same model, with a warning of settings
 * that changed.
 */
final class Resume {
  private static final String EMA_WARMUP = "ema_warmup";
  private static final String GRADIENTS = "gradients";

  private Resume() {}

  /** The settings that decide which numbers a run computes. */
  static Map<String, String> settings(TrainJob job) {
    RunConfig c = job.run().config();
    Map<String, String> s = new LinkedHashMap<>();
    s.put("batch", String.valueOf(c.batch()));
    s.put("micro_batches", String.valueOf(c.microBatches()));
    s.put(BatchParts.SHARDS, String.valueOf(job.parts().shards()));
    s.put("reduction", c.reduction().name().toLowerCase(Locale.ROOT));
    s.put(GRADIENTS, c.gradients().name().toLowerCase(Locale.ROOT));
    s.put("optimizer", c.optimizer().toString());
    s.put("schedule", c.schedule().toString());
    s.put("steps", c.steps().map(String::valueOf).orElse(""));
    s.put("epochs", c.epochs().map(String::valueOf).orElse(""));
    s.put("ema", String.valueOf(c.ema()));
    s.put(EMA_WARMUP, String.valueOf(c.emaWarmup()));
    s.put("precision", c.precision().name().toLowerCase(Locale.ROOT));
    s.put("data", c.data().map(Resume::numbers).orElse(""));
    s.put("codes", c.codes().map(Resume::codes).orElse(""));
    job.model().arguments().forEach((name, value) -> s.put("model parameter " + name, value));
    return s;
  }

  /** As {@code RunConfig.Codes} was written when checkpoints began to keep it. */
  private static String codes(RunConfig.Codes c) {
    return Text.format(
        "Codes[path=%s, heldOut=%s, captions=%s, heldOutCaptions=%s]",
        c.path(), c.heldOut(), c.captions(), c.heldOutCaptions());
  }

  /**
   * The settings of data that decide about numbers: not the one for bad pictures, which was added
   * later.
   */
  private static String numbers(RunConfig.Data d) {
    return d.toString().replaceFirst(", onBadPicture=\\w+", "");
  }

  /**
   * Refuses a checkpoint of another model or seed.
   *
   * @param data of the run
   * @return what to warn of: other settings
   * @throws UserError naming what differs, at the setting that is to be changed
   */
  static List<String> check(Path file, Checkpoint saved, TrainJob job, TrainData data) {
    RunFile run = job.run();
    run.validate("checkpoint.dir", () -> requireSameRun(file, saved, job, data));
    run.validate(BatchParts.SHARDS, () -> requireSameShards(file, saved, job));
    run.validate(
        run.config().codes().isPresent() ? "codes.classes" : "data.path",
        () -> requireSameClasses(file, saved, run.config(), data));
    return changes(saved, job);
  }

  private static void requireSameRun(Path file, Checkpoint saved, TrainJob job, TrainData data) {
    Map<String, String> facts = data.facts();
    if (!saved.fingerprint().equals(job.fingerprint())) {
      throw BadInputException.in(
          file,
          "a checkpoint of another model: " + difference(saved, job),
          "one of " + job.choice(),
          "give the run another `checkpoint.dir`, or start from it with `start_from`"
              + (data.isLabelled() ? ", which may have other `classes`" : ""));
    }
    if (saved.seed() != job.run().config().seed()) {
      throw BadInputException.in(
          file,
          "a checkpoint of a run with seed " + saved.seed(),
          "seed " + job.run().config().seed(),
          "give the run another `checkpoint.dir`, or the same seed");
    }
    String codes = saved.facts().get("tokenizer");
    if (codes != null && facts.containsKey("tokenizer") && !codes.equals(facts.get("tokenizer"))) {
      throw BadInputException.in(
          file,
          "it was trained on codes of tokenizer " + codes,
          "tokenizer " + facts.get("tokenizer") + ", whose codes the run now has",
          "give the run another `checkpoint.dir`, or make the codes with the old tokenizer");
    }
  }

  /** Buffers are kept once for each shard, and sums of gradients depend on how many there are. */
  private static void requireSameShards(Path file, Checkpoint saved, TrainJob job) {
    String was = saved.settings().getOrDefault(BatchParts.SHARDS, "1");
    String is = String.valueOf(job.parts().shards());
    if (!was.equals(is)) {
      throw BadInputException.in(
          file,
          "a checkpoint of a run with `shards: " + was + "`",
          "`shards: " + is + "`",
          "give the run another `checkpoint.dir`, or the same `shards`");
    }
  }

  private static void requireSameClasses(
      Path file, Checkpoint saved, RunConfig config, TrainData data) {
    boolean decided =
        config.codes().stream().anyMatch(c -> c.classes() != RunConfig.Codes.Classes.REFUSE);
    if (data.isLabelled() && !decided && !data.classes().agreesWith(saved.facts())) {
      boolean ofCodes = config.codes().isPresent();
      throw BadInputException.in(
          file,
          Text.format(
              "trained on other classes than those of the run's %s: %s",
              ofCodes ? "codes" : "pictures",
              data.classes().differenceFrom(ClassNames.of(saved.facts()))),
          "the same names under the same numbers",
          ofCodes
              ? "`codes: {classes: by_name}` keeps the number of each name and gives new names free"
                  + " ones; `by_number` is for classes that were renamed"
              : "give the run another `checkpoint.dir`, and begin it with these weights:"
                  + " `start_from: {path: …, classes: by_name}`");
    }
  }

  private static List<String> changes(Checkpoint saved, TrainJob job) {
    List<String> changes = new ArrayList<>();
    Map<String, String> now = settings(job);
    Map<String, String> then = new LinkedHashMap<>(saved.settings());
    if (job.run().config().ema() > 0 && Double.parseDouble(then.getOrDefault("ema", "0")) > 0) {
      then.putIfAbsent(EMA_WARMUP, "false"); // what it was before there was such a setting
    } else {
      then.remove(EMA_WARMUP);
    }
    then.putIfAbsent(GRADIENTS, "f32"); // all there was before there was such a setting
    then.forEach(
        (key, was) -> {
          String is = now.getOrDefault(key, "");
          if (!is.equals(was)) {
            changes.add(Text.format("%s was %s and is now %s", key, was, is));
          }
        });
    return changes;
  }

  private static String difference(Checkpoint saved, TrainJob job) {
    if (!saved.model().name().equals(job.choice().name())) {
      return "it is of " + saved.model().name();
    }
    Map<String, String> was = new TreeMap<>(saved.model().parameters());
    Map<String, String> is = job.choice().parameters();
    for (String key : union(was, is)) {
      String a = was.getOrDefault(key, "its default");
      String b = is.getOrDefault(key, "its default");
      if (!a.equals(b)) {
        return Text.format("its %s was %s, the run's is %s", key, a, b);
      }
    }
    return Text.format(
        "its .arch was changed since (%s, now %s)",
        brief(saved.fingerprint()), brief(job.fingerprint()));
  }

  private static Set<String> union(Map<String, String> a, Map<String, String> b) {
    Set<String> all = new TreeSet<>(a.keySet());
    all.addAll(b.keySet());
    return all;
  }

  private static String brief(String fingerprint) {
    return fingerprint.length() <= 12 ? fingerprint : fingerprint.substring(0, 12);
  }
}
