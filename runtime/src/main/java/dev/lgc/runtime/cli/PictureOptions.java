package dev.lgc.runtime.cli;

import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.data.ImageFolder;
import dev.lgc.runtime.data.PictureSource;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.train.Pictures;
import java.nio.file.Path;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** A tokenizer and pictures for it: a tokenizer's run names both. */
final class PictureOptions {
  @Parameters(
      arity = "0..1",
      paramLabel = "RUN.yaml",
      description = "the tokenizer's run file: names its checkpoints and pictures")
  private Path run;

  @Option(
      names = {"-t", "--tokenizer"},
      paramLabel = "CKPT",
      description = "the tokenizer: a checkpoint, or the folder of its run")
  private Path tokenizer;

  @Option(names = "--pictures", paramLabel = "FOLDER", description = "a folder of pictures")
  private Path folder;

  private RunFile file;

  private RunFile runFile() {
    if (file == null && run != null) {
      file = UserError.orThrow(RunFile.read(run));
    }
    return file;
  }

  /** The tokenizer's checkpoint or the folder of its run. */
  Path checkpoint() {
    if (tokenizer != null) {
      return tokenizer;
    }
    if (run == null) {
      throw new BadInputException(
          "nothing says which tokenizer", "RUN.yaml, or --tokenizer CKPT", "");
    }
    return runFile().resolve(runFile().config().checkpoint().dir());
  }

  /** The pictures to learn from. */
  PictureSource train(int side) {
    return folder != null ? ImageFolder.open(folder) : ofRun(side).train();
  }

  /** The pictures that the run holds out. */
  PictureSource heldOut(int side) {
    return ofRun(side)
        .heldOut()
        .orElseThrow(
            () ->
                new BadInputException(
                    run + " holds no pictures out", "`held_out` in its `data`", ""));
  }

  /** The held-out pictures if there are any, else those to learn from. */
  PictureSource unseen(int side) {
    if (folder != null) {
      return ImageFolder.open(folder);
    }
    Pictures all = ofRun(side);
    return all.heldOut().orElse(all.train());
  }

  private Pictures ofRun(int side) {
    if (run == null) {
      throw new BadInputException(
          "nothing says which pictures", "RUN.yaml, or --pictures FOLDER", "");
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
