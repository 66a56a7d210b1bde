package dev.lgc.runtime.config;

import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.Diagnostics;
import dev.lgc.dsl.source.Source;
import dev.lgc.dsl.source.Span;
import java.util.Map;

/** The checks that take several settings: those that contradict or need one another. */
final class RunChecks {
  private final Source source;
  private final Map<String, Span> places;
  private final Diagnostics problems;

  RunChecks(Source source, Map<String, Span> places, Diagnostics problems) {
    this.source = source;
    this.places = places;
    this.problems = problems;
  }

  void check(RunConfig c) {
    oneOf("model", c.model().isPresent(), "artifact", c.artifact().isPresent(), "what to train");
    oneOf("data", c.data().isPresent(), "codes", c.codes().isPresent(), "what to train on");
    oneOf("steps", c.steps().isPresent(), "epochs", c.epochs().isPresent(), "how long to train");
    parts(c);
    c.data().ifPresent(this::data);
    optimizer(c.optimizer());
    schedule(c);
    samples(c);
    c.codes().ifPresent(this::codes);
    c.startFrom()
        .ifPresent(
            s ->
                unless(
                    s.classes() == RunConfig.StartFrom.Classes.BY_NAME,
                    s.classFile().isPresent(),
                    "start_from.class_file",
                    "classes: by_name"));
  }

  private void parts(RunConfig c) {
    unless(
        c.strategy().filter(s -> s == RankSettings.Strategy.HYBRID).isPresent(),
        c.group().isPresent(),
        "group",
        "strategy: hybrid");
    gradients(c);
    int shards = c.shards().orElse(1);
    if (c.batch() % c.microBatches() != 0) {
      bad("micro_batches", "`batch` cannot be cut into so many equal parts")
          .found(c.microBatches() + " parts of " + c.batch() + " samples")
          .expected("a number that divides `batch`")
          .add();
    } else if (Integer.bitCount(shards) != 1) {
      bad("shards", "the gradients of so many shards cannot be added in a tree")
          .found(String.valueOf(shards))
          .expected("a power of two: 1, 2, 4, 8, …")
          .add();
    } else if (c.batch() / c.microBatches() % shards != 0) {
      long parts = (long) shards * c.microBatches();
      bad("shards", "`batch` cannot be cut into so many equal parts")
          .found(parts(shards, c.microBatches()) + " of " + c.batch() + " samples")
          .expected("`shards` times `micro_batches` to divide `batch`")
          .hint("such as `batch: " + Math.ceilDiv(c.batch(), parts) * parts + "`")
          .add();
    }
  }

  private void gradients(RunConfig c) {
    boolean rounded = c.gradients() == RankSettings.Gradients.BF16;
    unless(c.shards().orElse(2) > 1, rounded, "gradients", "shards: 2 or more");
    if (rounded && c.reduction() == RankSettings.Reduction.LIBRARY) {
      bad("gradients", "an MPI library does not add up bf16")
          .found("`reduction: library`")
          .expected("`reduction: tree`, or `gradients: f32`")
          .add();
    }
  }

  private static String parts(int shards, int micros) {
    return micros == 1
        ? shards + " shards"
        : shards + " shards of " + micros + " micro-batches each,";
  }

  private void codes(RunConfig.Codes c) {
    unless(
        c.heldOut().isPresent(),
        c.heldOutCaptions().isPresent(),
        "codes.held_out_captions",
        "codes.held_out");
    unless(
        c.captions().isPresent(),
        c.heldOutCaptions().isPresent(),
        "codes.held_out_captions",
        "codes.captions");
  }

  private void samples(RunConfig c) {
    boolean tokenizer = c.samples().tokenizer().isPresent();
    if (c.codes().isPresent() && c.samples().every() > 0 && !tokenizer) {
      bad("samples.every", "only a tokenizer makes pictures of the codes that are drawn")
          .found("no `samples.tokenizer`")
          .expected("the checkpoint, or the folder of the run, of the tokenizer of `codes`")
          .add();
    }
    boolean generator = c.codes().isPresent();
    unless(generator, tokenizer, "samples.tokenizer", "codes");
    unless(generator, places.containsKey("samples.guidance"), "samples.guidance", "codes");
  }

  private void data(RunConfig.Data d) {
    if (!d.kind().path().isEmpty() && d.path().isEmpty()) {
      bad("data.kind", "`data.path` is missing")
          .expected(d.kind().path())
          .hint("add `path:`, or draw pictures with `kind: drawn`")
          .add();
    }
    for (String key : RunConfig.Data.Kind.allKeys()) {
      unless(
          d.kind().has(key),
          places.containsKey("data." + key),
          "data." + key,
          "kind: " + RunConfig.Data.Kind.with(key));
    }
    every("data.held_out", d.heldOut(), d.heldOutPath().isPresent(), "data.held_out_path");
  }

  private void every(String key, int n, boolean other, String otherKey) {
    if (n == 1) {
      bad(key, "holding out every picture leaves none to train on")
          .found("1")
          .expected("0 for none, or at least 2")
          .add();
    }
    if (n > 0 && other) {
      bad(key, "pictures are held out in two ways")
          .found("`" + key + "` and `" + otherKey + "`")
          .expected("one of them")
          .add();
    }
  }

  private void optimizer(RunConfig.Optimizer o) {
    if (o.kind() == RunConfig.Optimizer.Kind.ADAM && o.decay() > 0) {
      bad("optimizer.weight_decay", "adam does not decay weights")
          .found(String.valueOf(o.decay()))
          .expected("0 with `kind: adam`")
          .hint("use `kind: adamw`")
          .add();
    }
  }

  private void schedule(RunConfig c) {
    long warmup = c.schedule().warmup();
    if (c.steps().isPresent() && warmup > c.steps().get()) {
      bad("schedule.warmup", "the learning rate would never be reached")
          .found(warmup + " steps of warming up")
          .expected("at most `steps`, " + c.steps().get())
          .add();
    }
    unless(
        c.schedule().kind() != RunConfig.Schedule.Kind.CONSTANT,
        places.containsKey("schedule.end"),
        "schedule.end",
        "kind: cosine or linear");
  }

  private void unless(boolean fits, boolean given, String key, String needed) {
    if (given && !fits) {
      bad(key, "`" + key + "` has no effect here")
          .expected("no such setting without `" + needed + "`")
          .hint("remove it")
          .add();
    }
  }

  private void oneOf(String a, boolean hasA, String b, boolean hasB, String what) {
    if (hasA && hasB) {
      bad(b, "both `" + a + "` and `" + b + "` say " + what).expected("one of them").add();
    } else if (!hasA && !hasB) {
      problems.add(
          Diagnostic.of(Code.MISSING_ARGUMENT, firstLine(), "nothing says " + what)
              .withExpected("`" + a + ":` or `" + b + ":`")
              .withHint(
                  a.equals("model")
                      ? "or the model before the run file: lgc train F.arch -m MODEL RUN.yaml"
                      : "`lgc train --template` prints a complete run file"));
    }
  }

  private Span firstLine() {
    return new Span(source, 0, source.lineText(1).length());
  }

  private Draft bad(String key, String message) {
    Span s = places.getOrDefault(key, firstLine());
    int end = s.text().indexOf('\n');
    Span one = end < 0 ? s : new Span(source, s.start(), s.start() + end);
    return new Draft(Diagnostic.of(Code.BAD_SETTING, one, message));
  }

  /** A diagnostic being written. */
  private final class Draft {
    private Diagnostic d;

    Draft(Diagnostic d) {
      this.d = d;
    }

    Draft found(String text) {
      d = d.withFound(text);
      return this;
    }

    Draft expected(String text) {
      d = d.withExpected(text);
      return this;
    }

    Draft hint(String text) {
      d = d.withHint(text);
      return this;
    }

    void add() {
      problems.add(d);
    }
  }
}
