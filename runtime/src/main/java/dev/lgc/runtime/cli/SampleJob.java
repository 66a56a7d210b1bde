package dev.lgc.runtime.cli;

import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.compiler.rewrite.WholeSequence;
import dev.lgc.dsl.model.Outline;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.cli.ConditionOptions.Chosen;
import dev.lgc.runtime.cli.GeneratorOptions.Generator;
import dev.lgc.runtime.data.Picture;
import dev.lgc.runtime.estimate.UncachedCost;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.io.FileSum;
import dev.lgc.runtime.model.LoadedModel;
import dev.lgc.runtime.model.PlannedModel;
import dev.lgc.runtime.model.WeightsChoice;
import dev.lgc.runtime.report.PngGrid;
import dev.lgc.runtime.report.ProgressBar;
import dev.lgc.runtime.report.Terminal;
import dev.lgc.runtime.sample.CodeSampler;
import dev.lgc.runtime.sample.CodesFile;
import dev.lgc.runtime.sample.Conditions;
import dev.lgc.runtime.sample.PictureFolder;
import dev.lgc.runtime.sample.SampleRun;
import dev.lgc.runtime.sample.SampleSettings;
import dev.lgc.runtime.sample.SamplingRecord;
import dev.lgc.runtime.sample.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Drawing some samples, as {@code lgc sample} was asked to.
 *
 * @param err is told what the user should know
 */
record SampleJob(
    Generator from,
    DecoderOptions decoder,
    GridOptions grid,
    WeightsOption weights,
    Chosen chosen,
    SampleSettings settings,
    Wanted wanted,
    Consumer<String> err) {
  static final String GRID = "samples.png";
  private static final String TOKENIZER = "tokenizer";

  /**
   * What is written.
   *
   * @param pictures whether there are pictures: then a grid of them always
   * @param folder of a file for each picture
   * @param codes file of the codes
   */
  record Wanted(boolean pictures, Optional<Path> folder, Optional<Path> codes) {
    /** Whether samples are kept that a grid does not show. */
    boolean all() {
      return folder.isPresent() || codes.isPresent();
    }
  }

  /**
   * What came of it.
   *
   * @param done to be printed
   * @param complete whether all was drawn
   */
  record Result(Map<String, Object> done, boolean complete) {}

  private int count() {
    return chosen.conditions().size();
  }

  /** Draws until all is there, or until Ctrl-C. */
  Result run(Device device) throws IOException {
    int rows = Math.min(grid.batch(), count());
    Background<PlannedModel> decoding =
        wanted.pictures ? Background.of(() -> decoder.plan(from.of(), rows, this::warn)) : null;
    Outline.Signature entry = CodeSampler.generator(from.of().outline());
    PlannedModel drawing =
        from.of()
            .plan(
                from.file(),
                rows,
                m ->
                    weights.in(
                        List.of(settings.request(entry.name())), from.of(), device.readsPanels()));
    PlannedModel tokenizer = decoding == null ? null : decoding.get();
    PlannedModel.requireMemory(
        "sampling " + drawing.model().name(),
        tokenizer == null ? List.of(drawing) : List.of(drawing, tokenizer),
        this::warn);
    if (WholeSequence.isIn(drawing.plan().storage().stream().map(StoredTensor::id))) {
      warn(UncachedCost.text(drawing, device, Devices.threads(0)));
    }
    Background<SamplingRecord> record =
        wanted.all() ? Background.of(() -> record(drawing, tokenizer, device)) : null;
    Background<Boolean> grids =
        wanted.pictures
            ? Background.of(
                () -> {
                  PngGrid.prepare();
                  return true;
                })
            : null;
    try (LoadedModel decodes =
            tokenizer == null ? null : decoder.load(tokenizer, from.of().about(), device, err);
        LoadedModel model = load(drawing, device)) {
      if (grids != null) {
        grids.get();
      }
      Optional<Tokenizer> pictures = Optional.ofNullable(decodes).map(Tokenizer::of);
      return draw(model, pictures, record == null ? null : record.get(), drawing);
    }
  }

  private LoadedModel load(PlannedModel planned, Device d) {
    return planned.load(
        d,
        List.of(CodeSampler.first(CodeSampler.generator(planned.model()))),
        new WeightsConsole(err, WeightsChoice.OPTION));
  }

  private Result draw(
      LoadedModel model, Optional<Tokenizer> pictures, SamplingRecord record, PlannedModel drawing)
      throws IOException {
    CodeSampler sampler =
        new CodeSampler(model.session(), model.plan(), model.model(), model.batch());
    int shown = pictures.map(this::shown).orElse(0);
    int count = wanted.all() ? count() : Math.min(count(), shown);
    Conditions conditions = new Conditions.Cycle(chosen.conditions(), count);
    try (PictureFolder folder = pictureFolder(record);
        CodesFile codes = codesFile(record);
        Interrupt interrupt = new Interrupt(err)) {
      SampleRun run =
          new SampleRun(
              sampler,
              conditions,
              settings,
              pictures,
              new SampleRun.Outputs(
                  Optional.ofNullable(folder), Optional.ofNullable(codes), Math.min(shown, count)));
      int there = drawn(run, count, sampler.length(), interrupt::requested);
      Map<String, Object> done = new LinkedHashMap<>();
      done.put("samples", there);
      done.put("weights_of", drawing.weights().keyword());
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
        done.put("pictures", grid.write(kept, 0, labels(kept.size()), GRID).toString());
      }
      if (folder != null) {
        done.put("images", folder.path().toString());
      }
      return new Result(done, there == count);
    }
  }

  private PictureFolder pictureFolder(SamplingRecord record) throws IOException {
    return wanted.folder.isEmpty()
        ? null
        : PictureFolder.open(wanted.folder.get(), record, chosen::folder, this::warn);
  }

  private CodesFile codesFile(SamplingRecord record) throws IOException {
    return wanted.codes.isEmpty()
        ? null
        : CodesFile.open(wanted.codes.get(), record.without(TOKENIZER), this::warn);
  }

  /** Draws; returns how many samples are there. */
  private int drawn(SampleRun run, int count, int length, BooleanSupplier stop) throws IOException {
    try (ProgressBar bar = Terminal.bar("sample", (long) count * length, "code").withoutRate()) {
      int there = run.run(stop, bar::update);
      if (there < count) {
        bar.endLine();
        String rest =
            wanted.all() ? "; the same command goes on with the others" : ", which are shown";
        err.accept(Text.format("interrupted: %,d of %,d samples are done%s", there, count, rest));
      }
      return there;
    }
  }

  /** How many pictures the grid shows; says what it leaves out. */
  private int shown(Tokenizer tokenizer) {
    PngGrid.Fit fit = grid.fit(count(), tokenizer.side(), 0, !chosen.labels().isEmpty());
    boolean fewer = fit.pictures() < count() && !wanted.all();
    grid.leftOut(fit, count(), GRID)
        .ifPresent(
            t ->
                warn(
                    t
                        + (fewer
                            ? ". No others are drawn; --images-out FOLDER takes them all"
                            : "")));
    return fit.pictures();
  }

  private void warn(String text) {
    err.accept("warning: " + text);
  }

  private List<String> labels(int pictures) {
    return chosen.labels().isEmpty()
        ? List.of()
        : IntStream.range(0, pictures).mapToObj(i -> chosen.label(i).orElseThrow()).toList();
  }

  /** All that samples depend on. */
  private SamplingRecord record(PlannedModel drawing, PlannedModel tokenizer, Device device) {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("generator", weights(drawing));
    all.put("weights-of", drawing.weights().keyword());
    all.put("weights-type", weights.type(from.of()).keyword());
    if (tokenizer != null) {
      all.put(TOKENIZER, weights(tokenizer));
    }
    switch (chosen.conditions() instanceof Conditions.Cycle c ? c.of() : chosen.conditions()) {
      case Conditions.Classes c ->
          all.put(
              "class",
              Arrays.stream(c.labels()).mapToObj(String::valueOf).collect(Collectors.joining(",")));
      case Conditions.Captions c -> all.put("text-features", FileSum.of(c.features().path()));
      case Conditions.Cycle c -> throw new IllegalStateException("a cycle of " + c.of());
    }
    all.put("cfg", String.valueOf(settings.guidance()));
    all.put("cfg-interval", String.valueOf(settings.guidanceInterval()));
    all.put("temperature", String.valueOf(settings.temperature()));
    all.put("top-k", String.valueOf(settings.topK()));
    all.put("top-p", String.valueOf(settings.topP()));
    all.put("seed", String.valueOf(settings.seed()));
    return new SamplingRecord(
        all, Map.of("batch", String.valueOf(drawing.batch()), "device", device.name()));
  }

  private static String weights(PlannedModel planned) {
    return planned.about().fingerprint() + " " + FileSum.of(planned.file());
  }
}
