package dev.lgc.runtime.train;

import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.data.ClassNames;
import dev.lgc.runtime.data.CodeCache;
import dev.lgc.runtime.data.CodeCacheInfo;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.InputKind;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The codes of a run, before they are opened.
 *
 * @param run whose they are
 * @param codes which
 * @param model that learns from them
 * @param batch that they are put into
 * @param warn is told what is not as it should be
 */
record TrainCodes(
    RunFile run, RunConfig.Codes codes, CheckedModel model, Batch batch, Consumer<String> warn) {

  /**
   * Opens them, after {@code position} samples.
   *
   * @param earlier facts of the checkpoint that the run goes on from; empty if it begins
   */
  TrainData open(long position, Map<String, String> earlier) {
    Opened opened = new Opened();
    try {
      return open(position, earlier, opened);
    } catch (RuntimeException | Error e) {
      opened.closeAfter(e);
      throw e;
    }
  }

  private TrainData open(long position, Map<String, String> earlier, Opened opened) {
    Path path = run.resolve(codes.path());
    CodeCache cache = run.at("codes.path", () -> opened.add(CodeCache.open(path)));
    CodeCacheInfo info = cache.info();
    run.validate("codes.path", () -> requireCodes(path, info));
    ClassNames own = new ClassNames(info.classes());
    ClassNames classes = isLabelled() ? RunClasses.of(own, codes.classes(), earlier, warn) : own;
    int[] numbers = run.at("codes.classes", () -> RunClasses.numbers(path, own, classes));
    List<String> unseen =
        isLabelled()
            ? run.at(
                "codes.classes", () -> RunClasses.check(path, cache, classes, numbers, model, warn))
            : List.of();
    Optional<Path> other = codes.heldOut().map(run::resolve);
    other.ifPresent(p -> run.validate("codes.held_out", () -> requireSame(p, info, classes)));
    Optional<Captions> captions =
        captions("codes.captions", codes.captions(), cache, warn).map(opened::add);
    Map<String, String> facts = new LinkedHashMap<>(classes.facts());
    facts.putAll(ClassNames.unseenFacts(RunClasses.neverSeen(unseen, earlier)));
    facts.put("tokenizer", info.fingerprint());
    return new TrainData(
        run.at("codes.path", () -> feed(cache, numbers, captions, position)),
        other.map(p -> b -> heldOut(p, b, classes)),
        Optional.empty(),
        captions,
        isLabelled(),
        classes,
        facts,
        Map.of(),
        new BadPictures(List.of(), Optional.empty(), w -> {}));
  }

  private boolean isLabelled() {
    return batch.type(InputKind.LABEL) != null;
  }

  private Feed feed(CodeCache cache, int[] numbers, Optional<Captions> captions, long position) {
    int samples = TrainJob.microBatch(run.config());
    return new Feed.OfCodes(
        batch, cache, numbers, captions, samples, run.config().seed(), position);
  }

  private Feed heldOut(Path path, Batch into, ClassNames classes) {
    Opened opened = new Opened();
    try {
      CodeCache cache = run.at("codes.held_out", () -> opened.add(CodeCache.open(path)));
      boolean own = codes.heldOutCaptions().isPresent();
      Optional<Captions> captions =
          captions(
                  own ? "codes.held_out_captions" : "codes.captions",
                  own ? codes.heldOutCaptions() : codes.captions(),
                  cache,
                  w -> {})
              .map(opened::add);
      return run.at(
          "codes.held_out",
          () ->
              new TrainCodes(run, codes, model, into, warn)
                  .feed(cache, numbers(path, cache, classes), captions, 0));
    } catch (RuntimeException | Error e) {
      opened.closeAfter(e);
      throw e;
    }
  }

  /** Held-out codes must be of the same tokenizer, and of classes that are trained. */
  private void requireSame(Path path, CodeCacheInfo trained, ClassNames classes) {
    try (CodeCache held = CodeCache.open(path)) {
      held.requireTokenizer(trained.fingerprint());
      numbers(path, held, classes);
    }
  }

  private int[] numbers(Path path, CodeCache cache, ClassNames classes) {
    return isLabelled()
        ? RunClasses.numbers(path, new ClassNames(cache.info().classes()), classes)
        : new int[0];
  }

  private Optional<Captions> captions(
      String key, Optional<Path> file, CodeCache cache, Consumer<String> told) {
    return file.map(f -> run.at(key, () -> Captions.open(run.resolve(f), cache, batch, told)));
  }

  /** Codes must be ones that the generator has. */
  private void requireCodes(Path path, CodeCacheInfo info) {
    Object known = model.facts().get("codes");
    if (known instanceof Number n && n.intValue() != info.codebook()) {
      throw BadInputException.in(
          path,
          "codes of a tokenizer with " + info.codebook(),
          n + ", which " + model.name() + " is made for",
          "let the generator's `tokenizer` parameter name the tokenizer that made the codes");
    }
  }
}
