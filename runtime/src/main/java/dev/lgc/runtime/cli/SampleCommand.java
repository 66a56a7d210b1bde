package dev.lgc.runtime.cli;

import dev.lgc.dsl.model.Outline;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.cli.GeneratorOptions.Generator;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.InputKind;
import dev.lgc.runtime.report.JsonText;
import dev.lgc.runtime.sample.ChosenConditions;
import dev.lgc.runtime.sample.CodeSampler;
import dev.lgc.runtime.sample.SampleJob;
import dev.lgc.runtime.sample.SampleSettings;
import dev.lgc.runtime.sample.Tokenizer;
import dev.lgc.runtime.train.OpenResources;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lgc sample}. */
@Command(
    name = "sample",
    mixinStandardHelpOptions = true,
    description = {"Samples images from a trained generator and decodes them with its tokenizer."},
    footer = {
      "",
      "Examples:",
      "  lgc sample -g out/generator -t out/tokenizer --class 207,360 -n 8 --cfg 4 -o samples.png",
      "  lgc sample -g out/generator --class 0-9 --top-k 1 --tokens-out tokens.json",
      "  lgc sample llamagen -m ClassToImage -p size=B --weights c2i_B.safetensors \\",
      "    --tokenizer-weights vq16.safetensors --class 207 --cfg 4 --out grid.png",
      "  lgc sample -g out/generator -t out/tokenizer -n 50000 -b 50 --images-out drawn",
      "  lgc sample b.lgc --class 207   (compiled with its weights: the quickest start)",
      "  lgc sample -g out/generator -t out/tokenizer --class 3 --weights-type int8",
      "  lgc sample -g out/text -t out/tokenizer --text-features captions.safetensors",
      "  lgc sample -g out/large -t out/tokenizer --class 3 --ranks 2   (a part of it in each)"
    })
final class SampleCommand implements Callable<Integer>, Outputs.ByDefault, OneProcess.Shared {
  private static final String GRID = "samples.png";

  @Spec private CommandSpec spec;
  @Mixin private GeneratorOptions generator;
  @Mixin private DecoderOptions decoder;
  @Mixin private ConditionOptions what;
  @Mixin private DrawOptions how;
  @Mixin private GridOptions grid;
  @Mixin private WeightsOption weights;
  @Mixin private DeviceOptions device;
  @Mixin private LaunchOption launch;

  @Output(folder = true)
  @Option(
      names = "--images-out",
      paramLabel = "FOLDER",
      description =
          "write each image as a separate PNG in its class's folder as soon as it is decoded. The"
              + " same command resumes after an interruption")
  private Path imagesOut;

  @Output
  @Option(
      names = "--tokens-out",
      paramLabel = "FILE.json",
      description = "write the codes, as {\"tokens\": [[…], …]}")
  private Path tokensOut;

  @Option(names = "--json", description = "print the result as one JSON object")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    generator.check();
    decoder.check();
    what.check();
    PrintWriter err = spec.commandLine().getErr();
    if (launch.startsRanks()) {
      return launch.run(spec, 0, err);
    }
    Ranks ranks = RankLauncher.open(System.getenv());
    Optional<SampleJob.Result> result =
        new Sampling(device, ranks).run(() -> Outputs.check(spec), this::job, err);
    result.ifPresent(r -> say(r.done()));
    // On other ranks all is well: a launcher kills the others where one fails.
    return result.map(r -> r.complete() ? 0 : Interrupt.exitCode()).orElse(0);
  }

  private SampleJob job(OpenResources open, PrintWriter err) {
    Consumer<String> warn = text -> err.println("warning: " + text);
    Generator from = generator.generator(warn);
    boolean inPictures = inPictures(from);
    Outline outline = from.source().outline();
    boolean captions = takesCaptions(CodeSampler.generator(outline));
    ChosenConditions chosen =
        captions
            ? what.captions(open.add(what.openFeatures()))
            : what.classes(from.source().about(), outline, warn);
    return new SampleJob(
        from.source(),
        from.file(),
        weights.type(from.source()),
        inPictures ? Optional.of(decoder.decoder()) : Optional.empty(),
        grid.batch(),
        chosen,
        settings(captions, warn),
        new SampleJob.Outputs(Optional.ofNullable(imagesOut), Optional.ofNullable(tokensOut)),
        grid.file(GRID));
  }

  /**
   * Returns true if pictures are wanted: if a tokenizer is named. One that is with the generator is
   * not used where only codes are asked for.
   */
  private boolean inPictures(Generator from) {
    boolean asked = grid.outGiven() || imagesOut != null;
    boolean some =
        decoder.given() || Tokenizer.isWith(from.source()) && (asked || tokensOut == null);
    if (!some && tokensOut == null) {
      throw new BadInputException(
          "no output is given", "-t TOKENIZER for pictures, or --tokens-out for codes", "");
    }
    if (!some && asked) {
      throw new BadInputException(
          (grid.outGiven() ? "-o" : "--images-out") + " without a tokenizer", "-t TOKENIZER", "");
    }
    return some;
  }

  @Override
  public Optional<Path> written() {
    boolean some = decoder.given() || imagesOut != null || tokensOut == null;
    return some && !grid.outGiven() ? Optional.of(grid.file(GRID).path()) : Optional.empty();
  }

  private SampleSettings settings(boolean captions, Consumer<String> warn) {
    SampleSettings s = how.settings(captions);
    if (s.guidance() == 0 && what.given()) {
      warn.accept(
          Text.format(
              "--cfg 0 ignores the %s; --cfg 1 follows them as trained",
              captions ? "captions" : "classes"));
    }
    return s;
  }

  private static boolean takesCaptions(Outline.Signature entry) {
    return entry.inputs().stream().anyMatch(i -> InputKind.of(i) == InputKind.CAPTION);
  }

  private void say(Map<String, Object> done) {
    PrintWriter o = spec.commandLine().getOut();
    if (json) {
      o.println(JsonText.of(done));
    } else {
      done.forEach(
          (k, v) -> o.println(k + ": " + (v instanceof Double x ? Text.format("%.1f", x) : v)));
    }
    o.flush();
  }
}
