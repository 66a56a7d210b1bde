package dev.lgc.runtime.quickstart;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.data.ClassNames;
import dev.lgc.runtime.data.CodeCache;
import dev.lgc.runtime.data.Picture;
import dev.lgc.runtime.data.PictureSource;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.io.AtomicFiles;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.FolderLock;
import dev.lgc.runtime.model.Checkpoint;
import dev.lgc.runtime.model.CheckpointFolder;
import dev.lgc.runtime.model.LoadedModel;
import dev.lgc.runtime.model.PlanSource;
import dev.lgc.runtime.model.WeightsListener;
import dev.lgc.runtime.report.NearestNeighbours;
import dev.lgc.runtime.report.PngGrid;
import dev.lgc.runtime.report.ProgressBar;
import dev.lgc.runtime.report.Terminal;
import dev.lgc.runtime.sample.CodeExtractor;
import dev.lgc.runtime.sample.CodeSampler;
import dev.lgc.runtime.sample.Conditions;
import dev.lgc.runtime.sample.PictureVersions;
import dev.lgc.runtime.sample.Reconstruction;
import dev.lgc.runtime.sample.SampleSettings;
import dev.lgc.runtime.sample.Tokenizer;
import dev.lgc.runtime.train.Pictures;
import dev.lgc.runtime.train.TrainResult;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The whole workflow from drawn shapes to a generator's pictures, step by step, each like the
 * command for it.
 */
public final class Quickstart {
  /** Trains a run as {@code lgc train} does, until {@code stop} says so. */
  public interface Training {
    /** Trains; a folder with checkpoints is resumed. */
    TrainResult run(RunFile run, BooleanSupplier stop) throws IOException;
  }

  private static final List<String> FILES =
      List.of("shapes.arch", "tokenizer.yaml", "generator.yaml");

  private static final int PER_CLASS = 4;
  private static final int BATCH = 20;
  private static final double TOKENIZERS_SHARE = 0.42;
  private static final SampleSettings SETTINGS = new SampleSettings(2, -1, 0.6, 0, 1, 1);

  private final Path dir;
  private final RunFile tokenizer;
  private final RunFile generator;
  private final Training training;
  private final Supplier<Device> devices;
  private final WeightsListener told;
  private final PrintWriter out;

  private Quickstart(
      Path dir,
      Training training,
      Supplier<Device> devices,
      WeightsListener told,
      PrintWriter out) {
    this.dir = dir;
    tokenizer = UserError.orThrow(RunFile.read(dir.resolve("tokenizer.yaml")));
    generator = UserError.orThrow(RunFile.read(dir.resolve("generator.yaml")));
    this.training = training;
    this.devices = devices;
    this.told = WeightsListener.once(told);
    this.out = out;
  }

  /**
   * Reads the files of {@code dir}; those that are not there are written first.
   *
   * @param devices opens a device to encode and sample on
   * @param told of the weights that are loaded
   * @param out the story
   * @throws BadInputException if a file that the user has changed is wrong
   */
  public static Quickstart in(
      Path dir, Training training, Supplier<Device> devices, WeightsListener told, PrintWriter out)
      throws IOException {
    for (String name : FILES) {
      Path file = dir.resolve(name);
      if (!Files.exists(file)) {
        AtomicFiles.writeBytes(file, resource(name));
      }
    }
    return new Quickstart(dir, training, devices, told, out);
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = Quickstart.class.getResourceAsStream(name)) {
      return in.readAllBytes();
    }
  }

  private static Path folder(RunFile run) {
    return run.resolve(run.config().checkpoint().dir());
  }

  /** Removes what was trained. */
  public void forget() throws IOException {
    delete(folder(tokenizer));
    delete(folder(generator));
  }

  private static void delete(Path folder) throws IOException {
    if (Files.isDirectory(folder)) {
      String hint = "let it end, or name another folder with --dir";
      FolderLock.acquire(folder, "a run", hint, w -> {}).close();
      try (Stream<Path> all = Files.walk(folder)) {
        for (Path p : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(p);
        }
      }
    }
  }

  /**
   * Does everything.
   *
   * @param nanos to train for, in all
   * @return false if it was interrupted
   */
  public boolean run(long nanos) throws IOException {
    say(
        "1  Trains a tokenizer, which turns pictures into codes: %s, ShapesTokenizer",
        "shapes.arch");
    long begin = System.nanoTime();
    long first = (long) (nanos * TOKENIZERS_SHARE);
    if (!train(tokenizer, begin + first)) {
      return false;
    }
    try (Device device = devices.get()) {
      say("2  Encodes and decodes held-out pictures");
      encode(device);
    }
    long left = Math.max(begin + nanos - System.nanoTime(), nanos - first);
    say("4  Trains a generator, which draws codes of a class: ShapesGenerator");
    if (!train(generator, System.nanoTime() + left)) {
      return false;
    }
    say("5  Draws new pictures of each class");
    try (Device device = devices.get()) {
      draw(device);
    }
    next();
    return true;
  }

  @FormatMethod
  private void say(@FormatString String text, Object... values) {
    out.println(Text.format(text, values));
    out.flush();
  }

  /**
   * Until complete or the deadline, but a step at least: what follows needs something trained.
   *
   * @return false when interrupted
   */
  private boolean train(RunFile run, long deadline) throws IOException {
    AtomicBoolean begun = new AtomicBoolean();
    BooleanSupplier stop = () -> begun.getAndSet(true) && System.nanoTime() > deadline;
    TrainResult r = training.run(run, stop);
    if (!r.complete() && !r.interrupted()) {
      say("   time is up after %d of %d steps; start again to continue", r.done(), r.steps());
    }
    return !r.interrupted();
  }

  private void encode(Device device) throws IOException {
    try (LoadedModel model =
        Tokenizer.load(folder(tokenizer), BATCH, device, told, "encode", "decode")) {
      RunConfig c = tokenizer.config();
      int side = Tokenizer.of(model).side();
      Pictures pictures = Pictures.open(tokenizer, c.data().orElseThrow(), side, c.seed());
      PictureSource heldOut = pictures.heldOut().orElse(pictures.train());
      PictureSource some = heldOut.range(0, Math.min(60, heldOut.size()));
      Reconstruction r = Reconstruction.of(Tokenizer.of(model), some, 20, n -> {});
      PngGrid.of(r.rows(10), 10).zoom(2).write(dir.resolve("reconstructions.png"));
      say(
          "   %s: originals above reconstructions, PSNR %.1f dB",
          dir.resolve("reconstructions.png"), r.psnr());
      say("3  Makes codes of all pictures");
      RunConfig.Codes codes = generator.config().codes().orElseThrow();
      CodeExtractor extractor = new CodeExtractor(model, PictureVersions.CENTRE);
      extract(extractor, pictures.train(), generator.resolve(codes.path()), model);
      if (codes.heldOut().isPresent()) {
        extract(extractor, heldOut, generator.resolve(codes.heldOut().get()), model);
      }
      forgetGeneratorOfOtherCodes(model.identity());
    }
  }

  private static void extract(
      CodeExtractor extractor, PictureSource source, Path to, LoadedModel model)
      throws IOException {
    if (Files.exists(to)) {
      try (CodeCache known = CodeCache.open(to)) {
        if (known.info().fingerprint().equals(model.identity())) {
          return;
        }
      } catch (BadInputException e) {
        Files.delete(to); // damaged: made again
      }
    }
    try (ProgressBar bar = Terminal.bar("tokenize", source.size(), "picture")) {
      extractor.extract(source, to, bar::update);
    }
  }

  /** A generator that learned the codes of an earlier tokenizer is of no use with this one. */
  private void forgetGeneratorOfOtherCodes(String identity) throws IOException {
    // Training follows, and says itself which checkpoints it passes over.
    var newest = new CheckpointFolder(folder(generator)).latest(w -> {});
    if (newest.isPresent()
        && !identity.equals(Checkpoint.read(newest.get()).facts().get("tokenizer"))) {
      delete(folder(generator));
    }
  }

  private void draw(Device device) throws IOException {
    Checkpoint about = Checkpoint.read(CheckpointFolder.resolve(folder(generator), told::warn));
    List<String> names = ClassNames.of(about.facts()).names();
    int[] labels =
        IntStream.range(0, names.size() * PER_CLASS).map(i -> i % names.size()).toArray();
    int[][] codes;
    try (LoadedModel model =
            PlanSource.load(
                folder(generator),
                BATCH,
                m -> List.<Request>of(SETTINGS.request(CodeSampler.generator(m).name())),
                device,
                told);
        ProgressBar bar = Terminal.bar("sample", 0, "code")) {
      CodeSampler sampler = new CodeSampler(model.session(), model.plan(), model.model(), BATCH);
      codes = sampler.sample(new Conditions.Classes(labels), SETTINGS, bar::update);
    }
    List<Picture> pictures;
    try (LoadedModel model = Tokenizer.load(folder(tokenizer), BATCH, device, told, "decode")) {
      pictures = Tokenizer.of(model).decode(codes);
    }
    List<String> titles = new ArrayList<>();
    for (int l : labels) {
      titles.add(names.get(l));
    }
    Path png = dir.resolve("samples.png");
    PngGrid.of(pictures, names.size()).labels(titles).zoom(2).write(png);
    say("   %s: %d pictures, each of the class below it", png, pictures.size());
    say("   %s", recognised(pictures, labels));
  }

  /** The number of pictures that look like what they should be, to one who has seen drawn ones. */
  private String recognised(List<Picture> pictures, int... labels) {
    RunConfig c = tokenizer.config();
    int side = pictures.getFirst().width();
    PictureSource known = Pictures.open(tokenizer, c.data().orElseThrow(), side, c.seed()).train();
    NearestNeighbours judge =
        NearestNeighbours.fit(
            known.range(0, Math.min(1000, known.size())), NearestNeighbours.Feature.SHAPE, 5);
    return Text.format(
        "a nearest-neighbour classifier recognises %.0f %% of them (10 %% would be chance)",
        100 * judge.accuracy(pictures, labels));
  }

  private void next() {
    say("");
    say("Look at   %s and reconstructions.png; out/*/loss.png", dir.resolve("samples.png"));
    say("Change    %s, then: lgc check %s", dir.resolve("shapes.arch"), dir.resolve("shapes.arch"));
    say(
        "Cost      lgc plan %s -m ShapesGenerator -p \"size=(8, 8, 256)\"",
        dir.resolve("shapes.arch"));
    say("Train on  lgc quickstart --minutes 10");
    say(
        "Draw      lgc sample -g %s -t %s --class star,heart -n 8 --zoom 4",
        dir.resolve("out/generator"), dir.resolve("out/tokenizer"));
  }
}
