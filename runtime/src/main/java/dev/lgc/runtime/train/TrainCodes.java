package dev.lgc.runtime.train;

import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.data.ClassNames;
import dev.lgc.runtime.data.CodeCache;
import dev.lgc.runtime.data.CodeCacheInfo;
import dev.lgc.runtime.data.CodeLoader;
import dev.lgc.runtime.data.RankShare;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.IndexBound;
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
 * @param parts of the run's batches
 * @param codes which
 * @param model that learns from them
 * @param batch that they are put into
 * @param warn is told what is not as it should be
 */
record TrainCodes(
    RunFile run,
    BatchParts parts,
    RunConfig.Codes codes,
    CheckedModel model,
    Batch batch,
    Consumer<String> warn) {

  /**
   * Opens them, after {@code position} samples.
   *
   * @param earlier facts of the checkpoint that the run goes on from; empty if it begins
   */
  TrainData open(long position, Map<String, String> earlier) {
    OpenResources opened = new OpenResources();
    try {
      return open(position, earlier, opened);
    } catch (RuntimeException | Error e) {
      opened.closeAfter(e);
      throw e;
    }
  }

  private TrainData open(long position, Map<String, String> earlier, OpenResources opened) {
    Path path = run.resolve(codes.path());
    CodeCache cache = run.at("codes.path", () -> opened.add(CodeCache.open(path)));
    CodeCacheInfo info = cache.info();
    run.validate("codes.path", () -> requireCodes(path, cache));
    run.validate("codes.path", cache::requireSound);
    ClassNames own = new ClassNames(info.classes());
    ClassNames classes = isLabelled() ? RunClasses.of(own, codes.classes(), earlier, warn) : own;
    int[] numbers = run.at("codes.classes", () -> RunClasses.numbers(path, own, classes));
    List<String> unseen = List.of();
    if (isLabelled()) {
      int has =
          run.at("codes.classes", () -> RunClasses.require(path, cache, classes, numbers, model));
      if (classes.known()) {
        RunClasses.warnOfMore("the codes", has, model, warn);
      }
      unseen = RunClasses.unseen(cache, classes, numbers, warn);
    }
    Optional<Path> other = codes.heldOut().map(run::resolve);
    Optional<Captions> captions =
        captions("codes.captions", codes.captions(), cache, warn).map(opened::add);
    Map<String, String> facts = new LinkedHashMap<>(classes.facts());
    facts.putAll(ClassNames.unseenFacts(RunClasses.neverSeen(unseen, earlier)));
    facts.put("tokenizer", info.fingerprint());
    BatchLoader train =
        run.at("codes.path", () -> loader(cache, numbers, captions, position, parts.share()));
    // Held-out codes are opened when they are measured, and once now: hours later is too late.
    other.ifPresent(
        p ->
            heldOut(p, batch, RankShare.WHOLE, classes, info.fingerprint(), CodeCache::requireSound)
                .close());
    return new TrainData(
        train,
        other.map(p -> (b, share) -> heldOut(p, b, share, classes, info.fingerprint(), c -> {})),
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

  private BatchLoader loader(
      CodeCache cache, int[] numbers, Optional<Captions> captions, long position, RankShare share) {
    RunConfig c = run.config();
    CodeLoader codeLoader = new CodeLoader(cache, parts.samples(c), c.seed(), position, share);
    return new BatchLoader.OfCodes(batch, cache, codeLoader, numbers, captions);
  }

  /**
   * Held-out codes must be of the same tokenizer, and of classes that are trained.
   *
   * @param validator of the codes themselves
   */
  private BatchLoader heldOut(
      Path path,
      Batch into,
      RankShare share,
      ClassNames classes,
      String tokenizer,
      Consumer<CodeCache> validator) {
    OpenResources opened = new OpenResources();
    try {
      CodeCache cache = run.at("codes.held_out", () -> opened.add(CodeCache.open(path)));
      int[] numbers =
          run.at(
              "codes.held_out",
              () -> {
                validator.accept(cache);
                cache.requireTokenizer(tokenizer);
                requireCodes(path, cache);
                return numbers(path, cache, classes);
              });
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
              new TrainCodes(run, parts, codes, model, into, warn)
                  .loader(cache, numbers, captions, 0, share));
    } catch (RuntimeException | Error e) {
      opened.closeAfter(e);
      throw e;
    }
  }

  private int[] numbers(Path path, CodeCache cache, ClassNames classes) {
    if (!isLabelled()) {
      return new int[0];
    }
    int[] numbers = RunClasses.numbers(path, new ClassNames(cache.info().classes()), classes);
    RunClasses.require(path, cache, classes, numbers, model);
    return numbers;
  }

  private Optional<Captions> captions(
      String key, Optional<Path> file, CodeCache cache, Consumer<String> told) {
    return file.map(f -> run.at(key, () -> Captions.open(run.resolve(f), cache, batch, told)));
  }

  /** Codes must be ones that the generator has. */
  private void requireCodes(Path path, CodeCache cache) {
    int codebook = cache.info().codebook();
    Object known = model.facts().get("codes");
    if (known instanceof Number n && n.intValue() != codebook) {
      throw wrongCodes(path, codebook, n + ", which " + model.name() + " is made for");
    }
    IndexBound.of(model, InputKind.CODES)
        .filter(b -> b.values() < codebook)
        .ifPresent(
            b -> {
              String most = "at most " + b.values() + ", which " + model.name() + " has";
              throw wrongCodes(path, codebook, most + " (" + b.where() + ")");
            });
  }

  private static BadInputException wrongCodes(Path path, int codebook, String expected) {
    return BadInputException.in(
        path,
        "codes of a tokenizer with " + codebook,
        expected,
        "let the generator's `tokenizer` parameter name the tokenizer that made the codes");
  }
}
