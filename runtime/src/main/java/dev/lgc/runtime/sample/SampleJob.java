package dev.lgc.runtime.sample;

import dev.lgc.compiler.rewrite.storage.WeightType;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.data.Picture;
import dev.lgc.runtime.dist.Exchange;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.io.Background;
import dev.lgc.runtime.model.LoadedModel;
import dev.lgc.runtime.model.PlanSource;
import dev.lgc.runtime.model.PlannedModel;
import dev.lgc.runtime.report.GridFile;
import dev.lgc.runtime.report.PngGrid;
import dev.lgc.runtime.report.ProgressBar;
import dev.lgc.runtime.report.Terminal;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * Samples of a generator, drawn and written as files.
 *
 * @param generator the generator
 * @param weights its weights; empty if they are with what was compiled
 * @param type the type in which its matrices are stored
 * @param tokenizer decodes the codes to pictures, which a grid then shows; empty for codes alone
 * @param batch samples that are drawn at once
 * @param chosen the condition of each sample
 * @param outputs the files that are written besides the grid
 * @param grid the file of the grid
 */
public record SampleJob(
    PlanSource generator,
    Optional<Path> weights,
    WeightType type,
    Optional<TokenizerChoice> tokenizer,
    int batch,
    ChosenConditions chosen,
    SampleSettings settings,
    Outputs outputs,
    GridFile grid) {

  /**
   * The files that are written besides the grid.
   *
   * @param pictures folder of a file for each picture
   * @param codes file of the codes
   */
  public record Outputs(Optional<Path> pictures, Optional<Path> codes) {
    /** Returns true if samples are kept that a grid does not show. */
    private boolean keepAll() {
      return pictures.isPresent() || codes.isPresent();
    }
  }

  /**
   * The result.
   *
   * @param done by name, to be printed
   * @param complete true if all samples were drawn
   */
  public record Result(Map<String, Object> done, boolean complete) {}

  private int count() {
    return chosen.conditions().size();
  }

  /** Draws until all samples are there, or until the user stops it. */
  public Result run(Device device, SampleUser user) throws IOException {
    return run(device, user, SampleGroup.alone()).orElseThrow();
  }

  /**
   * The same on each of several ranks, which draw together.
   *
   * @param device of this rank
   * @param user of rank 0; on other ranks one that is told nothing
   * @return the result on rank 0
   * @throws dev.lgc.runtime.dist.SharedFailure on all of several ranks if one cannot begin
   */
  public Optional<Result> run(Device device, SampleUser user, SampleGroup group)
      throws IOException {
    if (group.isShared()) {
      // Begun at once: ranks that are asked to stop end together, also while they load.
      try (SampleUser.Work work = user.begin()) {
        return together(device, user, work, group);
      }
    }
    try (SampleModels models = load(device, user, group)) {
      CodeSampler sampler = sampler(models);
      SamplingRecord record = outputs.keepAll() ? models.record().get() : null;
      try (SampleUser.Work work = user.begin()) {
        Sampler alone = sampler.of(chosen.conditions(), settings);
        return Optional.of(draw(models, record, alone, work, user));
      }
    }
  }

  private SampleModels load(Device device, SampleUser user, SampleGroup group) {
    Background<Boolean> grids =
        group.leads() && tokenizer.isPresent()
            ? Background.of(
                () -> {
                  PngGrid.prepare();
                  return true;
                })
            : null;
    SampleModels.Wanted wanted =
        new SampleModels.Wanted(
            generator,
            weights,
            type,
            tokenizer,
            Math.min(batch, count()),
            chosen.conditions(),
            settings,
            this::held,
            outputs.keepAll());
    SampleModels models = group.together(() -> SampleModels.load(wanted, device, user, group));
    if (grids != null) {
      grids.get();
    }
    return models;
  }

  private static CodeSampler sampler(SampleModels models) {
    LoadedModel m = models.generator();
    return new CodeSampler(m.session(), m.plan(), m.model(), m.batch());
  }

  /** Draws as one of several ranks, which are closed when it is done. */
  private Optional<Result> together(
      Device device, SampleUser user, SampleUser.Work work, SampleGroup group) throws IOException {
    try (SampleModels models = load(device, user, group)) {
      SamplingRecord record = group.together(models.record()::get);
      group.requireSame(record.withoutTokenizer().settings());
      RankSampler shared =
          new RankSampler(sampler(models), chosen.conditions(), settings, group.ranks());
      Optional<Result> result = Optional.empty();
      if (group.leads()) {
        result = Optional.of(draw(models, record, shared, work, user));
        shared.end();
      } else {
        shared.follow(work::isStopping);
      }
      work.stoppedBy(Exchange.most(group.ranks(), work.stoppedBy()));
      group.ranks().close(); // a program that was asked to stop is gone once its work is closed
      return result;
    }
  }

  private Result draw(
      SampleModels models,
      SamplingRecord record,
      Sampler sampler,
      SampleUser.Work work,
      SampleUser user)
      throws IOException {
    Optional<Tokenizer> pictures = models.tokenizer().map(Tokenizer::of);
    int shown = pictures.map(t -> shown(t, user)).orElse(0);
    int count = outputs.keepAll() ? count() : Math.min(count(), shown);
    try (PictureFolder folder = pictureFolder(record, user);
        CodesFile codes = codesFile(record, user)) {
      SampleRun run =
          new SampleRun(
              sampler,
              count,
              pictures,
              new SampleRun.Outputs(
                  Optional.ofNullable(folder), Optional.ofNullable(codes), Math.min(shown, count)));
      int there = drawn(run, count, sampler.length(), work::isStopping, user);
      Map<String, Object> done = new LinkedHashMap<>();
      done.put("samples", there);
      done.put("weights_of", models.drawing().weights().keyword());
      if (run.drawn() > 0) {
        done.put("codes_per_second", run.codesPerSecond());
      }
      if (run.drawn() < there) {
        done.put("drawn", run.drawn());
      }
      if (codes != null && there == count) {
        done.put("tokens", codes.finish(count).toString());
      }
      List<Picture> kept = run.pictures(there);
      if (!kept.isEmpty()) {
        done.put("pictures", grid.write(kept, 0, labels(kept.size())).toString());
      }
      if (folder != null) {
        done.put("images", folder.path().toString());
      }
      return new Result(done, there == count);
    }
  }

  private PictureFolder pictureFolder(SamplingRecord record, SampleUser user) throws IOException {
    return outputs.pictures.isEmpty()
        ? null
        : PictureFolder.open(
            outputs.pictures.get(), record, chosen::folder, text -> warn(user, text));
  }

  private CodesFile codesFile(SamplingRecord record, SampleUser user) throws IOException {
    return outputs.codes.isEmpty()
        ? null
        : CodesFile.open(outputs.codes.get(), record.withoutTokenizer(), text -> warn(user, text));
  }

  /** Draws; returns how many samples are there. */
  private int drawn(SampleRun run, int count, int length, BooleanSupplier stop, SampleUser user)
      throws IOException {
    try (ProgressBar bar = Terminal.bar("sample", (long) count * length, "code").withoutRate()) {
      int there = run.run(stop, bar::update);
      if (there < count) {
        bar.endLine();
        String rest =
            outputs.keepAll() ? "; the same command draws the others" : ", which are shown";
        user.say(Text.format("interrupted: %,d of %,d samples are done%s", there, count, rest));
      }
      return there;
    }
  }

  /** Bytes of the pictures of a batch, of those that wait to be written, and of the grid. */
  private long held(PlannedModel decoder, int samples) {
    long shown = fit(Tokenizer.side(decoder.model())).pictures();
    return Tokenizer.pictureBytes(decoder.model(), SampleRun.held(samples) + 2 * shown);
  }

  private PngGrid.Fit fit(int side) {
    return grid.fit(count(), side, 0, !chosen.labels().isEmpty());
  }

  /** The number of pictures that the grid shows; says what it leaves out. */
  private int shown(Tokenizer decodes, SampleUser user) {
    PngGrid.Fit fit = fit(decodes.side());
    boolean fewer = fit.pictures() < count() && !outputs.keepAll();
    grid.leftOut(fit, count())
        .ifPresent(
            t ->
                warn(
                    user,
                    t
                        + (fewer
                            ? "; only these are drawn. --images-out FOLDER writes all pictures"
                            : "")));
    return fit.pictures();
  }

  private static void warn(SampleUser user, String text) {
    user.say("warning: " + text);
  }

  private List<String> labels(int pictures) {
    return chosen.labels().isEmpty()
        ? List.of()
        : IntStream.range(0, pictures).mapToObj(i -> chosen.label(i).orElseThrow()).toList();
  }
}
