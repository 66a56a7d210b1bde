package dev.lgc.runtime.cli;

import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.data.PictureSource;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.memory.MemoryBounds;
import dev.lgc.runtime.model.LoadedModel;
import dev.lgc.runtime.model.ModelMemory;
import dev.lgc.runtime.model.PlannedModel;
import dev.lgc.runtime.sample.Tokenizer;
import dev.lgc.runtime.train.BadPictures;
import dev.lgc.runtime.train.Pictures;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** A tokenizer and pictures for it: a tokenizer's run names both. */
final class PictureOptions {
  @Parameters(
      arity = "0..1",
      paramLabel = "RUN.yaml",
      description = "the tokenizer's run file, which names its checkpoints and images")
  private Path run;

  @Option(
      names = {"-t", "--tokenizer"},
      paramLabel = "CKPT",
      description = "the tokenizer: a checkpoint, or the folder of its run")
  private Path tokenizer;

  @Mixin private WeightsOfOption weightsOf;
  @Mixin private WeightsOption weights;

  @Option(names = "--pictures", paramLabel = "FOLDER", description = "the folder of images")
  private Path folder;

  @Option(
      names = "--on-bad-picture",
      paramLabel = "HOW",
      description =
          "what to do about an image that cannot be read: skip it, or refuse to begin:"
              + " ${COMPLETION-CANDIDATES}; by default as the run file says, else skip")
  private RunConfig.Data.OnBadPicture onBad;

  private RunFile file;

  private RunFile runFile() {
    if (file == null && run != null) {
      file = UserError.orThrow(RunFile.read(run));
    }
    return file;
  }

  private Path folderOrFile() {
    if (tokenizer != null) {
      return tokenizer;
    }
    if (run == null) {
      throw new BadInputException("no tokenizer is given", "RUN.yaml, or --tokenizer CKPT", "");
    }
    return runFile().resolve(runFile().config().checkpoint().dir());
  }

  /**
   * Requires that a run file, if one is given, can be read and has no mistakes.
   *
   * @throws UserError if it has
   */
  void requireSound() {
    runFile();
  }

  /** Plans the tokenizer for {@code encode} and {@code decode} on a device. */
  PlannedModel plan(int batch, Device on, PrintWriter err) {
    return Tokenizer.plan(
        folderOrFile(),
        weightsOf.wanted(),
        weights.functions(on),
        batch,
        warnings(err),
        "encode",
        "decode");
  }

  /**
   * Loads the tokenizer.
   *
   * @param planned by {@link #plan}
   * @param kept pictures that the command keeps to its end
   * @param bounds of the memory that it may take
   * @throws BadInputException if it does not fit into memory
   */
  LoadedModel load(
      PlannedModel planned, long kept, MemoryBounds bounds, Device device, PrintWriter err) {
    new ModelMemory(
            List.of(planned),
            device,
            // A batch of them as they are cropped, and decoded.
            samples -> Tokenizer.pictureBytes(planned.model(), 2L * samples + kept))
        .require("using " + planned.model().name(), bounds, warnings(err));
    return planned.load(device, WeightsConsole.of(err));
  }

  private static Consumer<String> warnings(PrintWriter err) {
    return text -> {
      err.println("warning: " + text);
      err.flush();
    };
  }

  /**
   * Opens the pictures and says what is there.
   *
   * @param side pixels of a side, which drawn pictures have
   */
  Pictures open(int side, PrintWriter err) {
    Pictures all = folder != null ? Pictures.of(folder) : ofRun(side);
    all.texts().forEach(err::println);
    err.flush();
    return all;
  }

  /**
   * Reads all pictures if bad ones are to be refused: see {@link PictureCheck}.
   *
   * @param stop asked after each picture
   * @throws BadInputException if there are any
   */
  void refuseBad(Pictures all, PrintWriter err, BooleanSupplier stop) {
    if (onBadPicture() == RunConfig.Data.OnBadPicture.REFUSE) {
      PictureCheck.require(all.sources(), bad(all, err), stop);
    }
  }

  private RunConfig.Data.OnBadPicture onBadPicture() {
    if (onBad != null) {
      return onBad;
    }
    return run == null || folder != null
        ? RunConfig.Data.OnBadPicture.SKIP
        : runFile().config().data().stream()
            .map(RunConfig.Data::onBadPicture)
            .findFirst()
            .orElse(RunConfig.Data.OnBadPicture.SKIP);
  }

  /** Tells of bad pictures as warnings. */
  static BadPictures bad(Pictures all, PrintWriter err) {
    return new BadPictures(all.sources(), Optional.empty(), warnings(err));
  }

  /**
   * The pictures that the run holds out.
   *
   * @throws BadInputException if there are none
   */
  PictureSource heldOut(Pictures all) {
    return all.heldOut()
        .orElseThrow(
            () ->
                new BadInputException(
                    (run == null ? folder : run) + " holds out no pictures",
                    "`held_out` in the `data` of a run file",
                    ""));
  }

  private Pictures ofRun(int side) {
    if (run == null) {
      throw new BadInputException("no pictures are given", "RUN.yaml, or --pictures FOLDER", "");
    }
    RunConfig c = runFile().config();
    RunConfig.Data data =
        c.data()
            .orElseThrow(
                () ->
                    UserError.setting(
                        runFile().place("codes"),
                        "this run has no pictures",
                        "`codes`",
                        "the run file of a tokenizer, with `data`",
                        ""));
    return Pictures.open(runFile(), data, side, c.seed());
  }
}
